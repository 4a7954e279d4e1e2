"""S0's requests over `/ws`: run, cancel, attach, search. A frame in, frames out.

Everything a client can get wrong is an `error` frame; the socket stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.dialects import S0
from chalicelib.core.errors import NotFound, PermissionDenied, RunyardError
from chalicelib.core.json_text import read_json
from chalicelib.core.methods.run import MethodStarter
from chalicelib.core.roles import Role
from chalicelib.core.runs.cancel import Canceller
from chalicelib.core.runs.filters import run_filters
from chalicelib.core.runs.ports import RunStore
from chalicelib.core.runs.start import Starter
from chalicelib.store.run_lists import RunLists
from chalicelib.store.sockets import Connection, Sockets
from chalicelib.workers.frames import answer_frame, error_frame
from chalicelib.workers.streamer import Streamer


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RunWorkflow(_Payload):
    role: ClassVar[Role] = Role.OPERATOR
    workflowIdOrName: str = Field(min_length=1, max_length=128)  # noqa: N815 - S0's word
    inputs: dict[str, Any] = Field(default_factory=dict)


class Cancel(_Payload):
    role: ClassVar[Role] = Role.OPERATOR
    id: str | None = Field(default=None, max_length=128)


class Attach(_Payload):
    role: ClassVar[Role] = Role.VIEWER
    runId: str = Field(min_length=1, max_length=128)  # noqa: N815 - S0's word
    afterSeq: int = Field(default=0, ge=0, le=10_000_000)  # noqa: N815 - S0's word


class Search(_Payload):
    role: ClassVar[Role] = Role.VIEWER
    status: str | None = None
    workflow: str | None = None
    since: str | None = None
    limit: int = Field(default=20, ge=1, le=1000)


class RunMethod(_Payload):
    role: ClassVar[Role] = Role.OPERATOR
    modelIdOrName: str = Field(min_length=1, max_length=128)  # noqa: N815 - S0's word
    methodName: str = Field(min_length=1, max_length=128)  # noqa: N815 - S0's word
    inputs: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SocketRequests:
    starter: Starter
    methods: MethodStarter
    canceller: Canceller
    runs: RunStore
    lists: RunLists
    sockets: Sockets
    streamer: Streamer
    post: Post

    def handle(self, connection: Connection, body: str) -> None:
        """Answer one frame."""
        request: str | None = None
        try:
            kind, request, payload = _read(body)
            self._dispatch(connection, kind, request, payload)
        except RunyardError as refusal:
            self._refuse(connection, request, refusal)
        except Gone:
            self.sockets.forget(connection.id)

    def _dispatch(self, connection: Connection, kind: str, request: str, payload: Any) -> None:
        if kind not in REQUESTS:
            known = ", ".join(sorted(REQUESTS))
            raise _BadFrame(f"unknown type {kind!r}; known are {known}")
        model, act = REQUESTS[kind]
        if connection.principal.role < model.role:
            raise PermissionDenied(f"{kind} requires {model.role.word} role")
        try:
            read = model.model_validate(payload)
        except ValidationError as error:
            problems = [
                f"{'.'.join(map(str, p['loc'])) or 'payload'}: {p['msg']}" for p in error.errors()
            ]
            raise _BadFrame("; ".join(problems)) from error
        act(self, connection, request, read)

    def _refuse(self, connection: Connection, request: str | None, refusal: RunyardError) -> None:
        code = refusal.slug.replace("-", "_")
        extra = {"errors": refusal.extra["errors"]} if "errors" in refusal.extra else {}
        try:
            self.post.frame(connection.id, error_frame(request, code, refusal.detail, **extra))
        except Gone:
            self.sockets.forget(connection.id)

    def _run_workflow(self, connection: Connection, request: str, wanted: RunWorkflow) -> None:
        started = self.starter.start(
            connection.principal.org,
            wanted.workflowIdOrName,
            inputs=wanted.inputs,
            trigger={"type": "socket"},
            principal=connection.principal.name,
        )
        self.streamer.attach(connection, request, started.run.id, after=0)

    def _run_method(self, connection: Connection, request: str, wanted: RunMethod) -> None:
        started = self.methods.start(
            connection.principal.org,
            wanted.modelIdOrName,
            wanted.methodName,
            inputs=wanted.inputs,
            trigger={"type": "socket"},
            principal=connection.principal.name,
        )
        self.streamer.attach(connection, request, started.run.id, after=0)

    def _attach(self, connection: Connection, request: str, wanted: Attach) -> None:
        if self.runs.get(connection.principal.org, wanted.runId) is None:
            raise NotFound(f"run {wanted.runId!r} not found")
        self.streamer.attach(connection, request, wanted.runId, after=wanted.afterSeq)

    def _cancel(self, connection: Connection, request: str, wanted: Cancel) -> None:
        """Has no answer of its own: the run's stream tells. What is over already stays so."""
        target = wanted.id or request
        run_id = self.sockets.run_of(connection.id, target) or target
        try:
            self.canceller.cancel(connection.principal.org, run_id)
        except NotFound as refusal:
            if "run_status" not in refusal.extra:
                raise NotFound(f"no request and no run is called {target!r}") from refusal

    def _search(self, connection: Connection, request: str, wanted: Search) -> None:
        filters = run_filters(
            S0, status=wanted.status, workflow=wanted.workflow, since=wanted.since
        )
        runs = self.lists.newest(connection.principal.org, filters, limit=wanted.limit)
        found = [
            {
                "runId": run.id,
                "workflow": run.workflow,
                "version": run.version,
                "status": S0[run.status],
                "startedAt": run.started_at,
                "finishedAt": run.finished_at,
            }
            for run in runs
        ]
        frame = answer_frame("workflow.run.search", request, {"runs": found})
        self.post.frame(connection.id, frame)


class _BadFrame(RunyardError):
    status, slug, title = 400, "bad-request", "Bad request"


_Act = Callable[[SocketRequests, Connection, str, Any], None]
REQUESTS: Final[Mapping[str, tuple[type[Any], _Act]]] = {
    "workflow.run": (RunWorkflow, SocketRequests._run_workflow),
    "model.method.run": (RunMethod, SocketRequests._run_method),
    "cancel": (Cancel, SocketRequests._cancel),
    "run.attach": (Attach, SocketRequests._attach),
    "workflow.run.search": (Search, SocketRequests._search),
}


def _read(body: str) -> tuple[str, str, Any]:
    """The frame's type, id and payload. Raises _BadFrame for anything that is no such frame."""
    try:
        frame = read_json(body)
    except ValueError as problem:
        raise _BadFrame(f"the frame is not JSON: {problem}") from problem
    if not isinstance(frame, dict):
        raise _BadFrame("a frame is an object with type, id and payload")
    kind, request = frame.get("type"), frame.get("id")
    if not isinstance(kind, str):
        raise _BadFrame("type has to be a text")
    if not isinstance(request, str) or not 1 <= len(request) <= 128:
        raise _BadFrame("id has to be a text of 1 to 128 characters")
    payload = frame.get("payload")
    return kind, request, {} if payload is None else payload
