"""Workflow definitions in as few words as a test needs."""

from __future__ import annotations

from typing import Any

Definition = dict[str, Any]
Step = dict[str, Any]


def workflow(name: str, *steps: Step, **more: Any) -> Definition:
    """A definition; `more` are its other members."""
    return {"name": name, **more, "steps": list(steps)}


def shape(name: str, params: dict[str, Any] | None = None, **more: Any) -> Step:
    """A `transform`; `more` are the step's other members. `condition` stands for `if`."""
    return _step(name, "transform", params or {}, more)


def delay(name: str, duration: str = "1s", **more: Any) -> Step:
    """A `delay`."""
    return _step(name, "delay", {"duration": duration}, more)


def fetch(name: str, url: str, params: dict[str, Any] | None = None, **more: Any) -> Step:
    """An `http/request`."""
    return _step(name, "http/request", {"url": url, **(params or {})}, more)


def approval(name: str, **more: Any) -> Step:
    """An `approval`: a step that ends when a test says so."""
    return _step(name, "approval", {"message": "?"}, more)


def _step(name: str, action: str, params: dict[str, Any], more: dict[str, Any]) -> Step:
    others = {("if" if word == "condition" else word): value for word, value in more.items()}
    return {"name": name, "action": action, "params": params, **others}
