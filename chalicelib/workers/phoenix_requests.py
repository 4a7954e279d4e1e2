"""S3's socket: Phoenix channels on `/swarm/websocket`. A frame in, its reply out.

Everything that a client gets wrong is an error reply; the channel goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.errors import NotFound, RunyardError
from chalicelib.core.roles import Role
from chalicelib.core.swarms import phoenix
from chalicelib.core.swarms.manager_port import SwarmManager
from chalicelib.core.swarms.model import NodeKind, NodeLife
from chalicelib.core.swarms.phoenix import Frame, Version
from chalicelib.core.swarms.ports import (
    EventFilters,
    EventStore,
    MailStore,
)
from chalicelib.core.swarms.taxonomy import filter_problem
from chalicelib.core.swarms.views import detail_view, event_view, log_view
from chalicelib.store.sockets import Connection, Sockets
from chalicelib.store.watchers import MOST_FILTERS, Watcher, Watchers

MOST_RECENT: Final = 50
"""Log lines or events in the answer to a subscription."""
MOST_FRAME_BYTES: Final = 120_000
"""API Gateway takes 128 KB."""
MOST_AGENTS_READ: Final = 10
"""Agents whose last lines are read where all agents' are asked for."""
MOST_LOGS: Final = 100
"""Agents whose logs one watcher may have named."""


class _Refused(Exception):
    """An error reply with this reason."""


@dataclass(frozen=True, slots=True)
class PhoenixRequests:
    manager: SwarmManager
    watchers: Watchers
    mail: MailStore
    events: EventStore
    sockets: Sockets
    post: Post

    def handle(self, connection: Connection, body: str) -> None:
        """Answer one frame."""
        version = phoenix.version_of(connection.query) or phoenix.V1
        try:
            try:
                frame = phoenix.read_frame(body, version)
            except ValueError as problem:
                # It has no reference that could be answered; a debugging client still sees why.
                nobody = Frame(phoenix.HEARTBEAT_TOPIC, "", None)
                self._send(connection, version, _error(nobody, f"malformed frame: {problem}"))
                return
            for answer in self._answers(connection, version, frame):
                self._send(connection, version, answer)
        except Gone:
            self.sockets.forget(connection.id)

    def _send(self, connection: Connection, version: Version, frame: Frame) -> None:
        self.post.frame(connection.id, phoenix.frame_value(frame, version))

    def _answers(self, connection: Connection, version: Version, frame: Frame) -> list[Frame]:
        if frame.topic == phoenix.HEARTBEAT_TOPIC and frame.event == "heartbeat":
            return [phoenix.reply(frame, {})]
        swarm = phoenix.swarm_of(frame.topic)
        if swarm is None:
            return [_error(frame, "unmatched topic")]
        try:
            if frame.event == "phx_join":
                return [phoenix.reply(frame, self._join(connection, version, swarm, frame))]
            watcher = self.watchers.get(connection.principal.org, swarm, connection.id)
            if watcher is None or frame.join_ref not in (None, watcher.join_ref):
                return [_error(frame, "unmatched topic")]
            if frame.event == "phx_leave":
                self.watchers.leave(watcher)
                over = Frame(frame.topic, "phx_close", {}, watcher.join_ref, watcher.join_ref)
                return [phoenix.reply(frame, {}), over]
            act = _REQUESTS.get(frame.event)
            if act is None:
                raise _Refused(f"unknown event {frame.event!r}; known are {', '.join(_REQUESTS)}")
            if not isinstance(frame.payload, dict):
                raise _Refused("the payload has to be an object")
            return [phoenix.reply(frame, act(self, connection, watcher, frame.payload))]
        except _Refused as refusal:
            return [_error(frame, str(refusal))]
        except RunyardError as refusal:
            return [_error(frame, refusal.detail)]

    def _join(
        self, connection: Connection, version: Version, swarm: str, frame: Frame
    ) -> Mapping[str, Any]:
        org = connection.principal.org
        try:
            self.manager.detail(org, swarm)
        except NotFound:
            raise _Refused("swarm_not_found") from None
        join_ref = frame.join_ref if frame.join_ref is not None else frame.ref
        self.watchers.join(
            Watcher(org, swarm, connection.id, version, join_ref, connection.expires_at)
        )
        return {"swarm": swarm}

    def _send_task(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if connection.principal.role < Role.OPERATOR:
            raise _Refused("this needs the role operator")
        agent, task = _text(payload, "agent"), _text(payload, "task")
        self.manager.task(
            watcher.org, watcher.swarm, agent, task, principal=connection.principal.name
        )
        return {"status": "sent"}

    def _get_status(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        found = detail_view(self.manager.detail(watcher.org, watcher.swarm))
        if _bytes(found) > MOST_FRAME_BYTES:
            raise _Refused(f"too large for a frame: GET /api/swarms/{watcher.swarm} has it")
        return found

    def _subscribe_logs(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        agent = _text(payload, "agent") if payload.get("agent") is not None else None
        nodes = self.manager.detail(watcher.org, watcher.swarm).lives
        if agent is not None and agent not in nodes:
            raise _Refused("Agent not found")
        wanted = dict.fromkeys((*watcher.logs, *([agent] if agent else [])))
        if len(wanted) > MOST_LOGS:
            raise _Refused(f"at most {MOST_LOGS} agents, or all of them: leave `agent` out")
        everyone = watcher.everyone or agent is None
        self.watchers.want_logs(watcher, list(wanted), everyone=everyone)
        agents = [agent] if agent is not None else latest(nodes.values())
        found = [
            line
            for one in agents
            for line in self.mail.logs(watcher.org, watcher.swarm, one, MOST_RECENT)
        ]
        found = sorted(found, key=lambda line: line.timestamp)[-MOST_RECENT:]
        recent = [(line.id, {"agent": line.agent, **log_view(line)}) for line in found]
        shown = self._told(watcher, recent)
        return {"subscribed": True, "agent": agent, "recent_logs": shown}

    def _unsubscribe_logs(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self.watchers.want_logs(watcher, [], everyone=False)
        return {"unsubscribed": True}

    def _subscribe_events(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        filters = self._filters(payload.get("filters"))
        sets = watcher.events if filters in watcher.events else (*watcher.events, filters)
        if len(sets) > MOST_FILTERS:
            raise _Refused(f"at most {MOST_FILTERS} sets of filters: unsubscribe first")
        self.watchers.want_events(watcher, sets)
        asked = replace(EventFilters(**filters), swarm=watcher.swarm)
        found = self.events.find(watcher.org, asked, MOST_RECENT)
        shown = self._told(watcher, [(one.id, event_view(one)) for one in reversed(found)])
        return {"subscribed": True, "filters": filters, "recent_events": shown}

    def _filters(self, given: Any) -> dict[str, str]:
        """A set of filters. Raises _Refused."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise _Refused("filters have to be an object")
        for name, value in given.items():
            if name not in ("level", "category", "agent", "event_type"):
                raise _Refused(f"unknown filter {name[:64]!r}")
            if not isinstance(value, str) or not 1 <= len(value) <= 64:
                raise _Refused(f"the filter {name} has to be a text of 1 to 64 characters")
        problem = filter_problem(EventFilters(**given))
        if problem is not None:
            raise _Refused(problem)
        return dict(given)

    def _unsubscribe_events(
        self, connection: Connection, watcher: Watcher, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self.watchers.want_events(watcher, [])
        return {"unsubscribed": True}

    def _told(
        self, watcher: Watcher, recent: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[Mapping[str, Any]]:
        """The newest of them that fit into a frame, oldest first. The stream may be behind: what is
        in this answer must not come again as a frame."""
        room, shown = MOST_FRAME_BYTES, 0
        for _, one in reversed(recent):
            room -= _bytes(one) + 1
            if room < 0:
                break
            shown += 1
        kept = list(recent[len(recent) - shown :])
        if kept:
            self.watchers.tell(
                watcher, [*watcher.told, *(id for id, _ in kept)][-2 * MOST_RECENT :]
            )
        return [one for _, one in kept]


_Act = Callable[[PhoenixRequests, Connection, Watcher, Mapping[str, Any]], Mapping[str, Any]]
_REQUESTS: Final[Mapping[str, _Act]] = {
    "send_task": PhoenixRequests._send_task,
    "get_status": PhoenixRequests._get_status,
    "subscribe_logs": PhoenixRequests._subscribe_logs,
    "unsubscribe_logs": PhoenixRequests._unsubscribe_logs,
    "subscribe_events": PhoenixRequests._subscribe_events,
    "unsubscribe_events": PhoenixRequests._unsubscribe_events,
}
CLIENT_EVENTS: Final = tuple(_REQUESTS)
"""Everything that a client may send on a topic that it has joined."""


def latest(lives: Iterable[NodeLife]) -> list[str]:
    """The agents that were active last: the newest lines are theirs."""
    agents = [life for life in lives if life.kind is NodeKind.AGENT and life.last_activity]
    agents.sort(key=lambda life: life.last_activity or "", reverse=True)
    return [life.name for life in agents[:MOST_AGENTS_READ]]


def _error(frame: Frame, reason: str) -> Frame:
    return phoenix.reply(frame, {"reason": reason}, ok=False)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise _Refused(f"{name} has to be a text")
    return value


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
