"""A catalogue of actions for the front end's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.definitions.parse import parse_document
from chalicelib.core.definitions.workflow import read_workflow
from chalicelib.core.errors import Invalid, NotBuilt, Problem
from chalicelib.core.plan import Plan


class Actions:
    """`http/request` wants a `url`; `later` is a param that is not built; `callback` may use
    `inputs.found`."""

    def names(self) -> tuple[str, ...]:
        return ("delay", "http/request", "transform")

    def check_params(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        assert action in self.names()
        if action == "http/request" and "url" not in params:
            return [Problem("url", "is missing")]
        return []

    def late_inputs(self, action: str, place: str) -> tuple[str, ...]:
        return ("found",) if place.startswith("callback.") else ()

    def not_built(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        return [Problem(name, "is not built yet") for name in params if name == "later"]


def read(text: str, content_type: str = "application/yaml") -> Plan:
    return read_workflow(parse_document(text.encode(), content_type), actions=Actions())


def problems(text: str) -> dict[str, str]:
    """location → message of everything that is wrong."""
    return {problem.location: problem.message for problem in refused(text).problems}


def refused(text: str) -> Invalid:
    try:
        read(text)
    except Invalid as refusal:
        return refusal
    raise AssertionError("nothing was refused")


def not_built(text: str) -> list[str]:
    """The places that a valid definition has and this version does not."""
    try:
        read(text)
    except NotBuilt as refusal:
        return [error["location"] for error in refusal.extra["errors"]]
    raise AssertionError("everything is built")
