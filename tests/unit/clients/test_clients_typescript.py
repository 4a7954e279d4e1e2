"""The TypeScript client: made from the documents, compiled strictly, and as careful as the Python one."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.clients.typescript import COMPILER, FOLDER, build
from infra.node import node

OPENAPI = json.loads((FOLDER / "../../docs/openapi.json").read_text())


@pytest.fixture(scope="module")
def dist() -> Path:
    return build()


def compiled(folder: Path, dist: Path, text: str) -> subprocess.CompletedProcess[str]:
    """A user's file held against the client's published types, strictly."""
    (folder / "user.ts").write_text(text.replace("RUNYARD", (dist / "runyard.js").as_posix()))
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
    return node(str(FOLDER / COMPILER), *options, "user.ts", folder=folder)


def test_every_operation_is_there_with_its_types(dist: Path, tmp_path: Path) -> None:
    calls = [
        f'client.api.{verb.upper()}("{path}", null as never);'
        for path, item in OPENAPI["paths"].items()
        for verb in item
    ]
    head = 'import { Runyard } from "RUNYARD";\nconst client = new Runyard("http://a.test");\n'
    done = compiled(tmp_path, dist, head + "\n".join(calls))
    assert done.returncode == 0, done.stdout


def test_users_code_is_checked_strictly(dist: Path, tmp_path: Path) -> None:
    text = """
    import { Runyard, take, type Run, type RunEvent } from "RUNYARD";
    export async function use(client: Runyard): Promise<string> {
      const token = await take(client.api.POST("/api/v1/auth/tokens", { body: { name: "ci" } }));
      const run: Run = await client.wait((await client.start("greet")).execution_id);
      for await (const event of client.stream(run.id)) {
        if (event.kind === "step_started") console.log(event.step, event.attempt);
        // @ts-expect-error: only some events have a step
        event.step;
      }
      const seq = (event: RunEvent): number => event.seq;
      // @ts-expect-error: there is no such member
      run.state;
      // @ts-expect-error: a name is needed
      client.api.POST("/api/v1/auth/tokens", { body: {} });
      // @ts-expect-error: there is no such path
      client.api.GET("/api/v1/nothing");
      return (token.token ?? "") + seq.length;
    }
    """
    done = compiled(tmp_path, dist, text)
    assert done.returncode == 0, done.stdout


class Scripted:
    """An HTTP server that answers by a list; it remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_PUT(self) -> None:
                self._answer()

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                scripted.asked.append((self.command, self.path, headers, body))
                status, more, said = scripted.answers.pop(0)
                if status == 0:
                    self.connection.close()
                    return
                content = json.dumps(said).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **more}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Scripted]:
    found = Scripted()
    yield found
    found.stop()


def ran(dist: Path, folder: Path, program: str, url: str = "http://a.test") -> Any:
    """What a program prints as JSON; it has `client`."""
    head = f"""
    import {{ Problem, Runyard, StreamLost, WaitTimeout, take }} from "{dist / "runyard.js"}";
    const options = {{ token: "ada.secret", retries: {{ firstDelay: 1 }} }};
    const client = new Runyard("{url}/", options);
    const tell = (found) => console.log(JSON.stringify(found));
    """
    (folder / "program.mjs").write_text(head + program)
    done = node(str(folder / "program.mjs"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STARTED = {"execution_id": "run_1", "workflow": "greet", "version": 1}


def test_a_start_is_sent_again_with_the_same_key(
    dist: Path, tmp_path: Path, server: Scripted
) -> None:
    server.answers = [
        (0, {}, None),
        (502, {}, {}),
        (429, {"Retry-After": "0"}, {}),
        (202, {}, STARTED),
    ]
    found = ran(dist, tmp_path, 'tell(await client.start("a/b", { who: "Ada" }));', server.url)
    assert found == STARTED
    assert len(server.asked) == 4
    assert {headers["idempotency-key"] for _, _, headers, _ in server.asked} != {""}
    assert len({headers["idempotency-key"] for _, _, headers, _ in server.asked}) == 1
    verb, path, headers, body = server.asked[-1]
    assert (verb, path) == ("POST", "/api/v1/run/a%2Fb")
    assert headers["authorization"] == "Bearer ada.secret"
    assert json.loads(body) == {"inputs": {"who": "Ada"}}


def test_what_cannot_be_repeated_is_sent_once_and_an_hour_is_not_waited_for(
    dist: Path, tmp_path: Path, server: Scripted
) -> None:
    detail = {"type": "/errors/rate-limited", "detail": "later", "correlation_id": "req_1"}
    server.answers = [
        (0, {}, None),
        (502, {}, {"detail": "no"}),
        (429, {"Retry-After": "3600"}, {**detail, "errors": [{"location": "a", "message": "b"}]}),
    ]
    program = """
    const body = { email: "a@b.c", password: "a password" };
    const told = [];
    for (const _ of "abc") {
      try { await take(client.api.POST("/api/v1/auth/login", { body })); }
      catch (problem) {
        const { status, detail, slug, retryAfter, correlationId, errors, name } = problem;
        told.push({ status, detail, slug, retryAfter, correlationId, errors, name });
      }
    }
    tell(told);
    """
    broken, bad, limited = ran(dist, tmp_path, program, server.url)
    assert broken["name"] == "ConnectionFailed"
    assert (bad["status"], bad["detail"], bad["name"]) == (502, "no", "Problem")
    assert (limited["slug"], limited["retryAfter"]) == ("rate-limited", 3600)
    assert (limited["correlationId"], limited["errors"]) == (
        "req_1",
        [{"location": "a", "message": "b"}],
    )
    assert len(server.asked) == 3


def test_text_is_yaml_and_data_is_json(dist: Path, tmp_path: Path, server: Scripted) -> None:
    server.answers = [(201, {}, {}), (201, {}, {})]
    program = 'await client.apply("a", "name: a"); await client.apply("a", { name: "a" }); tell(1);'
    ran(dist, tmp_path, program, server.url)
    (_, _, text, yaml), (_, _, data, content) = server.asked
    assert (text["content-type"], yaml) == ("application/yaml", "name: a")
    assert (data["content-type"], json.loads(content)) == ("application/json", {"name": "a"})


_SOCKETS = """
const scripts = SCRIPTS;
const attached = [];
class Scripted {
  constructor(url) { this.url = url; queueMicrotask(() => this.onopen()); }
  send(text) {
    attached.push(JSON.parse(text).payload.afterSeq);
    const event = (seq) => JSON.stringify({ type: "event", event: { kind: "x", seq } });
    for (const part of scripts.shift()) {
      if (part === "break") this.onclose({ code: 1006, reason: "" });
      else this.onmessage({ data: typeof part === "number" ? event(part) : JSON.stringify(part) });
    }
  }
  close() {}
}
const streaming = new Runyard("http://a.test", { WebSocket: Scripted });
const seqs = [];
let failure = null;
try { for await (const event of streaming.stream("run_1", { after: AFTER })) seqs.push(event.seq); }
catch (error) { failure = { name: error.name, status: error.status, lastSeq: error.lastSeq }; }
tell({ seqs, attached, failure });
"""


def streamed(dist: Path, folder: Path, scripts: list[Any], after: int = 0) -> Any:
    program = _SOCKETS.replace("SCRIPTS", json.dumps(scripts)).replace("AFTER", str(after))
    return ran(dist, folder, program)


def test_a_stream_hands_out_every_event_once_whatever_its_sockets_do(
    dist: Path, tmp_path: Path
) -> None:
    done = {"type": "done"}
    unavailable = {"type": "error", "error": {"code": "unavailable", "message": "later"}}
    scripts = [[8, 9, 9, "break"], [8, 11, done], [unavailable], [{"type": "new"}, 10, 11, done]]
    found = streamed(dist, tmp_path, scripts, after=7)
    assert found == {"seqs": [8, 9, 10, 11], "attached": [7, 9, 9, 9], "failure": None}


def test_a_stream_ends_by_a_refusal(dist: Path, tmp_path: Path) -> None:
    refused = {"type": "error", "error": {"code": "not_found", "message": "no such run"}}
    found = streamed(dist, tmp_path, [[1, refused]])
    assert found["seqs"] == [1]
    assert found["failure"]["status"] == 404


def test_a_quiet_run_may_be_followed_for_days(dist: Path, tmp_path: Path) -> None:
    # Each look at the clock is ten minutes later; pauses are none.
    hurry = """
    let now = 0;
    performance.now = () => (now += 600_000);
    const later = globalThis.setTimeout;
    globalThis.setTimeout = (run) => later(run, 0);
    """
    scripts = [*([["break"]] * 40), [1, {"type": "done"}]]
    program = hurry + _SOCKETS.replace("SCRIPTS", json.dumps(scripts)).replace("AFTER", "0")
    assert ran(dist, tmp_path, program)["seqs"] == [1]


def test_an_abort_ends_a_wait_and_a_stream(dist: Path, tmp_path: Path, server: Scripted) -> None:
    server.answers = [(200, {}, {"status": "running"})] * 100
    program = """
    class Silent { constructor() { queueMicrotask(() => this.onopen()); } send() {} close() {} }
    const told = [];
    const silent = new Runyard("http://a.test", { WebSocket: Silent });
    const soon = () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 200);
      return controller.signal;
    };
    try { for await (const _ of silent.stream("run_1", { signal: soon() })); }
    catch (error) { told.push(error.name); }
    try { await client.wait("run_1", { signal: soon() }); }
    catch (error) { told.push(error.name); }
    try { await client.wait("run_1", { timeout: 100 }); }
    catch (error) { told.push(error.name, error.runStatus); }
    tell(told);
    """
    found = ran(dist, tmp_path, program, server.url)
    assert found == ["AbortError", "AbortError", "WaitTimeout", "running"]
