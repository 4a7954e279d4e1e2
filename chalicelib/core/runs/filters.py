"""Filters of run lists, as every dialect's client writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.dialects import statuses_called
from chalicelib.core.errors import BadRequest
from chalicelib.core.runs.model import RunStatus

_LONGEST_WORKFLOW: Final = 128
"""Characters; it becomes part of an index's key, which DynamoDB limits to 1,024 bytes."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Members that are None do not filter. `since` is inclusive."""

    status: RunStatus | None = None
    workflow: str | None = None
    since: datetime | None = None


def run_filters(
    words: Mapping[RunStatus, str],
    *,
    status: str | None,
    workflow: str | None,
    since: str | None,
    now: datetime | None = None,
) -> list[RunFilter]:
    """One filter per canonical status that the dialect's word stands for (S2's `running` is two).

    Raises BadRequest naming the parameter.
    """
    if workflow is not None and len(workflow) > _LONGEST_WORKFLOW:
        raise BadRequest(f"workflow {workflow[:64]!r}… is longer than any name")
    start = parse_since(since, now or datetime.now(UTC)) if since is not None else None
    if status is None:
        return [RunFilter(None, workflow, start)]
    found = statuses_called(words, status)
    if not found:
        known = ", ".join(dict.fromkeys(words.values()))
        raise BadRequest(f"status {status[:64]!r} is unknown; it is one of {known}")
    return [RunFilter(canonical, workflow, start) for canonical in found]


def parse_since(text: str, now: datetime) -> datetime:
    """A duration back from now (`90m`, `24h`, `7d`) or an RFC 3339 time. Raises BadRequest."""
    from chalicelib.core.definitions.durations import parse_duration

    try:
        return now - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        return parse_rfc3339(text)
    except ValueError as problem:
        raise BadRequest(
            f"since {text[:64]!r} is neither a duration like 24h nor an RFC 3339 time"
        ) from problem
