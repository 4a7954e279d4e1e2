"""`transform`: shapes data. Its rendered parameters are its output (S2)."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, RootModel

from chalicelib.actions.base import JSON, Action, ActionContext


class TransformParams(RootModel[dict[str, Any]]):
    """Any members: each is a value or a template over inputs and earlier outputs."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Transform(Action[TransformParams]):
    name = "transform"
    Params = TransformParams
    Output = dict[str, Any]
    effectful = False

    def run(self, params: TransformParams, context: ActionContext) -> JSON:
        return params.root
