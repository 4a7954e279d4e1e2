"""The trigger of a graph workflow: its root, as S2's machinery of triggers knows it (S1).

A root of type `cronjob` has `{rrule, timezone}` in its payload, one of type `webhook` `{path, secret}`;
both may have `{cooldownMs, maxRuns}`. A webhook without a `path` listens at the workflow's id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.graph_workflows.model import GraphStore
from chalicelib.core.graphs.definition import ROOT, name_of
from chalicelib.core.graphs.problems import GraphProblem
from chalicelib.core.triggers.model import UTC_ZONE, Trigger, triggers_of

MOST_COOLDOWN: Final = 31 * 86_400_000
"""Milliseconds."""
MOST_RUNS: Final = 1_000_000_000
_PART: Final = r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*"
_PATH: Final = re.compile(rf"(?:/hooks/)?{_PART}(?:/{_PART}){{0,2}}\Z")
_SECRET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")
_LONGEST_PATH: Final = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a trigger may start runs."""

    cooldown_ms: int = 0
    """After a run that it started, none for so long."""
    max_runs: int | None = None
    """No more than so many, ever."""

    @property
    def some(self) -> bool:
        return bool(self.cooldown_ms) or self.max_runs is not None


def limits_of(definition: Mapping[str, Any]) -> Limits:
    """The limits in a checked definition."""
    payload = _payload(definition)
    most = payload.get("maxRuns")
    return Limits(int(payload.get("cooldownMs") or 0), None if most is None else int(most))


def source_of(workflow: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The trigger of a checked definition in the form that S2's definitions have them."""
    kind, payload = definition["nodes"][ROOT]["type"], _payload(definition)
    if kind == "cronjob":
        zone = payload.get("timezone") or UTC_ZONE
        return {"triggers": [{"type": "rrule", "rrule": payload["rrule"], "timezone": zone}]}
    if kind == "webhook":
        path, secret = payload.get("path") or workflow, payload.get("secret")
        return {"triggers": [{"type": "webhook", "path": path, "secret": secret}]}
    return {}


def triggers_of_graph(
    org: str, workflow: str, definition: Mapping[str, Any]
) -> tuple[Trigger, ...]:
    """The triggers of a checked definition: one, or none of a manual one."""
    return triggers_of(org, workflow, source_of(workflow, definition))


def trigger_problems(document: Mapping[str, Any]) -> Iterator[GraphProblem]:
    """What is wrong with the payload of a trigger. A root that cannot be read is told of elsewhere."""
    nodes = document.get("nodes")
    root = nodes.get(ROOT) if isinstance(nodes, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(root.get("payload") or {}, Mapping):
        return
    payload = root.get("payload") or {}
    checks = {"cronjob": _of_cronjob, "webhook": _of_webhook}
    kind = root.get("type")
    if not isinstance(kind, str) or kind not in checks:
        return
    if kind == "cronjob":
        yield from _of_inputs(document.get("inputSchema"), name_of(root))
    for member, message, code in (*checks[kind](payload), *_of_limits(payload)):
        place = f"payload.{member}"
        yield GraphProblem("root", ROOT, name_of(root), place, message, code)


def _of_cronjob(payload: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    from chalicelib.core.triggers.cron import is_timezone
    from chalicelib.core.triggers.rrule import read_rule

    zone, rule = payload.get("timezone") or UTC_ZONE, payload.get("rrule")
    known = isinstance(zone, str) and is_timezone(zone)
    if not known:
        yield "timezone", "is no IANA time zone", "invalid_timezone"
    if rule is None:
        yield "rrule", "is missing", "missing_member"
    elif not isinstance(rule, str):
        yield "rrule", "must be text", "invalid_value"
    else:
        try:
            read_rule(rule, zone if known else UTC_ZONE)
        except ValueError as problem:
            yield "rrule", str(problem), "invalid_rrule"


def _of_webhook(payload: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    path, secret = payload.get("path"), payload.get("secret")
    if path is not None:
        fits = isinstance(path, str) and _PATH.match(path) and len(path) <= _LONGEST_PATH
        if not fits:
            yield "path", "has one to three parts of letters, digits and `._~-`", "invalid_value"
    if secret is not None and not (isinstance(secret, str) and _SECRET.match(secret)):
        yield "secret", "is no name of a secret", "invalid_value"


def _of_inputs(listed: object, name: str | None) -> Iterator[GraphProblem]:
    """A clock gives no inputs, so none may be required."""
    for position, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, Mapping) and one.get("required") is True:
            place = f"inputSchema[{position}].required"
            message = "a `cronjob` gives no inputs, so none can be required"
            yield GraphProblem("root", ROOT, name, place, message, "required_input")


def _of_limits(payload: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for member, least, most in (("cooldownMs", 0, MOST_COOLDOWN), ("maxRuns", 1, MOST_RUNS)):
        value = payload.get(member)
        if value is None:
            continue
        whole = isinstance(value, int | float) and not isinstance(value, bool)
        if not (whole and float(value).is_integer() and least <= value <= most):
            yield member, f"is a whole number from {least} to {most:,}", "invalid_value"


def _payload(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = definition["nodes"][ROOT].get("payload") or {}
    return found


@dataclass(frozen=True, slots=True)
class TriggerHead:
    """Implements `core.triggers.follow.HeadOf`: a head's number only grows, so it is the revision."""

    latest: int
    archived: bool


@dataclass(frozen=True, slots=True)
class TriggerSource:
    """Implements `core.triggers.follow.Sourced`."""

    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GraphHeads:
    """Implements `core.triggers.follow.Heads` for graph workflows: what is not published, or paused,
    has no triggers, as if it were archived."""

    store: GraphStore

    def head(self, org: str, name: str) -> TriggerHead | None:
        found = self.store.get(org, name)
        return TriggerHead(found.revision, not found.triggered) if found is not None else None

    def version(self, org: str, workflow: str, number: int) -> TriggerSource | None:
        """What the published version says. `number` is a revision, and only the newest is asked for."""
        head = self.store.get(org, workflow)
        version = self.store.version(org, workflow, head.published) if head is not None else None
        return TriggerSource(source_of(workflow, version.definition)) if version else None
