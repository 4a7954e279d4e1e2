"""The running local stack as tests see it: one per session, on free ports, with IAM enforced.

It is the same `LocalStack` that `make run` uses, so what passes here passes there. Every function
runs under its own role: a call that the policies do not allow fails here as it would on AWS.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Role
from chalicelib.store.orgs import Orgs
from chalicelib.store.table import Table
from chalicelib.store.tokens import Token, Tokens
from infra.bootstrap import Credentials, bootstrap_local, new_bearer
from infra.local.daemon import free_port
from infra.local.stack import LocalStack

TERMINAL = {"completed", "failed", "cancelled", "timed_out"}
PATIENCE_SECONDS = 120.0
CHAIN = 31_337
"""The chain that stacks of tests have an endpoint of."""


class RunningStack:
    """A stack that is up, and shortcuts for what tests do with it."""

    def __init__(self, home: Path, *, enforce_iam: bool = True) -> None:
        self.rpc_port = free_port()
        """Where tests may put the endpoint of the one chain that the stage knows."""
        self.local = LocalStack(
            home,
            emulator_port=free_port(),
            front_port=free_port(),
            enforce_iam=enforce_iam,
            parameters={"RpcEndpoints": f"{CHAIN}=http://127.0.0.1:{self.rpc_port}/"},
        )
        self.outputs = self.local.up()
        self.credentials: Credentials = bootstrap_local(
            self.local.session,
            self.outputs,
            home,
            base_url=self.local.base_url,
            ws_url=self.local.ws_url,
        )
        self.api = Api(self.local.base_url, self.credentials.token)

    @property
    def table(self) -> Table:
        """The table itself, for assertions about what is stored."""
        return Table(self.local.session.client("dynamodb"), self.outputs["TableName"])

    def token(
        self, role: Role, *, org: str = "org_local", name: str = "test", days: float = 1
    ) -> str:
        """A new token of an organisation, which is registered if it is new."""
        from datetime import timedelta

        now = utc_now()
        Orgs(self.table).create(org, org, rfc3339(now))
        bearer = new_bearer(name)
        expires_at = rfc3339(now + timedelta(days=days))
        token = Token(new_id("tok", now), name, org, role, rfc3339(now), expires_at)
        Tokens(self.table).store(token, bearer.partition(".")[2])
        return bearer

    def spare_token(self) -> str:
        """A good token of a name of its own: wrong guesses at it lock out nobody else."""
        return self.token(Role.ADMIN, name=f"spare-{secrets.token_hex(4)}")

    def api_as(self, role: Role, **more: Any) -> Api:
        return Api(self.local.base_url, self.token(role, **more))

    @contextmanager
    def socket(self, token: str | None = None, path: str = "/ws") -> Iterator[Socket]:
        """An open socket through the front door."""
        url = f"{self.local.ws_url}{path}?token={token or self.credentials.token}"
        with connect(url, open_timeout=PATIENCE_SECONDS) as connection:
            yield Socket(connection)

    def invoke(self, function: str, event: Any) -> Any:
        """Call a Lambda directly by its logical id, e.g. `Reconcile`; its answer."""
        answer = self.local.session.client("lambda").invoke(
            FunctionName=f"runyard-local-{function}", Payload=json.dumps(event)
        )
        body = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, body
        return body

    def reconcile(self) -> None:
        """One pass of the reconciler, as its schedule would make it."""
        self.invoke(
            "Reconcile",
            {
                "detail": {},
                "time": "",
                "account": "",
                "region": "",
                "resources": [],
                "version": "0",
                "id": "",
                "detail-type": "",
                "source": "aws.events",
            },
        )


class Api:
    """HTTP through the front door with a token; paths are relative to the base URL."""

    def __init__(self, base_url: str, token: str | None) -> None:
        self.base_url = base_url
        self.token = token
        self.http = requests.Session()
        if token is not None:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.http.request(method, self.base_url + path, timeout=100, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.call("POST", path, **more)

    def expect(self, status: int, method: str, path: str, **more: Any) -> Any:
        """A request that has to be answered with this status; the answer's JSON."""
        answer = self.call(method, path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def put(
        self, name: str, body: bytes | str | dict[str, Any], media: str = "application/json"
    ) -> requests.Response:
        """Try to apply a definition, whatever it is; the answer."""
        sent = json.dumps(body) if isinstance(body, dict) else body
        return self.call(
            "PUT", f"/api/v1/workflows/{name}", data=sent, headers={"Content-Type": media}
        )

    def apply(self, definition: dict[str, Any] | str) -> dict[str, Any]:
        """Apply a definition (data, or YAML text) and expect it to be taken."""
        if isinstance(definition, str):
            import yaml

            name, body, media = yaml.safe_load(definition)["name"], definition, "application/yaml"
        else:
            name, body, media = definition["name"], json.dumps(definition), "application/json"
        answer = self.put(name, body, media)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def run(self, workflow: str, inputs: dict[str, Any] | None = None, **headers: str) -> str:
        """Start a run and expect it to be taken; its id."""
        answer = self.post(
            f"/api/v1/run/{workflow}", json={"inputs": inputs or {}}, headers=headers
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["execution_id"])

    def detail(self, run_id: str) -> dict[str, Any]:
        answer = self.get(f"/api/v1/executions/{run_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def until(
        self,
        run_id: str,
        reached: Callable[[dict[str, Any]], bool],
        seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """The run's detail once it has reached something; fails loudly when it does not."""
        end = time.monotonic() + seconds
        while not reached(found := self.detail(run_id)):
            assert time.monotonic() < end, f"still {json.dumps(found, indent=1)}"
            time.sleep(0.05)
        return found

    def once(
        self,
        happened: Callable[[], bool],
        run_id: str,
        seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """The run's detail, read after something outside of it has happened.

        `until` would not do: its detail is older than the moment at which it asks its question.
        """
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"still {json.dumps(self.detail(run_id), indent=1)}"
            time.sleep(0.05)
        return self.detail(run_id)

    def ended(self, run_id: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The run's detail once it is over."""
        return self.until(run_id, lambda found: found["status"] in TERMINAL, seconds)

    def approve(self, run_id: str, step: str) -> None:
        """Let an approval go on, once it is asked for."""
        asked = self.until(run_id, lambda found: bool(step_of(found, step)["approval_id"]))
        path = f"/api/v1/approvals/{step_of(asked, step)['approval_id']}/approve"
        answer = self.post(path, json={})
        assert answer.status_code == 200, answer.text

    def step_running(self, run_id: str, step: str) -> dict[str, Any]:
        """The run's detail once a step of it is running."""
        return self.until(run_id, lambda found: step_of(found, step)["status"] == "running")


def step_of(detail: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [step for step in detail["steps"] if step["name"] == name]
    return found


class Socket:
    """S0 over an open socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, kind: str, request: str, **payload: Any) -> None:
        self.connection.send(json.dumps({"type": kind, "id": request, "payload": payload}))

    def send_text(self, frame: str) -> None:
        """A frame as it is, well-formed or not."""
        self.connection.send(frame)

    def receive(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The next frame."""
        found: dict[str, Any] = json.loads(self.connection.recv(timeout=seconds))
        return found

    def all_until_done(self, *requests: str) -> dict[str, list[dict[str, Any]]]:
        """The events of several requests, each up to its `done`."""
        events: dict[str, list[dict[str, Any]]] = {request: [] for request in requests}
        waiting = set(requests)
        while waiting:
            frame = self.receive()
            assert frame["type"] in ("event", "done"), frame
            assert frame["id"] in waiting, frame
            if frame["type"] == "done":
                waiting.remove(frame["id"])
            else:
                events[frame["id"]].append(frame["event"])
        return events

    def until_kind(self, request: str, kind: str) -> list[dict[str, Any]]:
        """The events of one request, up to the first of a kind."""
        events: list[dict[str, Any]] = []
        while not events or events[-1]["kind"] != kind:
            frame = self.receive()
            assert (frame["type"], frame["id"]) == ("event", request), frame
            events.append(frame["event"])
        return events

    def ask(self, kind: str, request: str, **payload: Any) -> dict[str, Any]:
        """Send a request that is answered by one frame; that frame, which has to be the next."""
        self.send(kind, request, **payload)
        return self.receive()

    def until_done(self, request: str) -> list[dict[str, Any]]:
        """The events of one request, up to its `done`."""
        events = []
        while True:
            frame = self.receive()
            assert frame["type"] != "error", frame
            if frame["id"] != request:
                continue
            if frame["type"] == "done":
                return events
            events.append(frame["event"])


@dataclass
class CountingServer:
    """An HTTP server on loopback that remembers every request, and can hold its answers."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """When each of the requests came, in seconds of the monotonic clock."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Answers to paths beginning with /hold wait until this is set."""
    url: str = ""

    def count(self, path: str) -> int:
        return len([1 for _, found in self.requests if found == path])


def status_of(state: CountingServer, path: str) -> int:
    """The status that the counting server answers to a request it has just counted."""
    if path.startswith("/status/"):
        return int(path.partition("?")[0].split("/")[2])
    if path.startswith("/flaky/"):
        return 500 if state.count(path) <= int(path.split("/")[2]) else 200
    return 302 if path.startswith("/redirect?") else 200


@contextmanager
def counting_server() -> Iterator[CountingServer]:
    """`/hold…` waits for `hold`, `/status/NNN` answers that status, `/flaky/N` 500 to its first N
    requests, `/redirect?URL` a 302 to the URL, everything else 200 with JSON."""
    state = CountingServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer()

        def _answer(self) -> None:
            state.requests.append((self.command, self.path))
            state.times.append(time.monotonic())
            if self.path.startswith("/hold"):
                state.hold.wait(600)
            status = status_of(state, self.path)
            body = json.dumps({"path": self.path}).encode()
            try:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", self.path.partition("?")[2])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # the step that asked was cut off meanwhile

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.hold.set()
        server.shutdown()
        server.server_close()
