"""Node graphs in as few words as a test needs."""

from __future__ import annotations

from typing import Any

Graph = dict[str, Any]


def graph(root: dict[str, Any] | None = None, **nodes: dict[str, Any]) -> Graph:
    """A definition whose root leads to the first of the nodes; `root` are members of the root."""
    first = [next(iter(nodes))] if nodes else []
    return {"nodes": {"root": {"type": "manual", "children": first, **(root or {})}, **nodes}}


def log(message: str = "hello", **more: Any) -> dict[str, Any]:
    """A `log` node."""
    return {"type": "log", "payload": {"message": message}, **more}


def clocked(rrule: str = "FREQ=DAILY;BYHOUR=9", **more: Any) -> Graph:
    """A graph that a clock starts; `more` are members of the trigger's payload."""
    return graph({"type": "cronjob", "payload": {"rrule": rrule, **more}}, say=log())


def hooked(path: str | None = None, **more: Any) -> Graph:
    """A graph that a request starts."""
    where = {} if path is None else {"path": path}
    return graph({"type": "webhook", "payload": {**where, **more}}, say=log())
