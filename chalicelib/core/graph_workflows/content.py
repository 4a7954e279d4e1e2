"""What a client sends as a workflow: read, checked, and with every problem told (S1)."""

from __future__ import annotations

from typing import Final

from chalicelib.core.graph_workflows.model import Content
from chalicelib.core.graph_workflows.triggers import trigger_problems
from chalicelib.core.graphs.definition import as_object, document_of, graph_of
from chalicelib.core.graphs.problems import GraphProblem, InvalidGraph
from chalicelib.core.graphs.validation import problems_of

MOST_DESCRIPTION: Final = 2_000
"""Characters."""


def all_problems(definition: object, name: str | None) -> list[GraphProblem]:
    """Every problem of a definition, those of its trigger's payload included."""
    found = problems_of(definition, name)
    try:
        document = as_object(definition)
    except InvalidGraph:
        return found
    return [*found, *trigger_problems(document)]


def checked(name: str, description: str, definition: object) -> Content:
    """The content of a version; `definition` may be a JSON text, as clients send by mistake.

    Raises InvalidGraph with all problems.
    """
    found = all_problems(definition, name)
    if found:
        raise InvalidGraph(found)
    return Content(name, description, document_of(graph_of(as_object(definition))))
