"""The base of every body that a route takes or gives."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class ApiModel(BaseModel):
    """Its validator is built when it is first used, not at import: a cold start answers one route
    and needs one or two models of many."""

    model_config = ConfigDict(defer_build=True)


def whole(value: Any) -> Any:
    """For a `BeforeValidator`: 3.0 as 3. Behind the limits of a number in `Annotated`, or pydantic
    describes them in its own words."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[int, BeforeValidator(whole)]
"""An integer as JSON Schema means it: 3.0 is one too. A strict model takes no texts and booleans."""
