"""S4, SDKs: "TypeScript, auto-generated from OpenAPI": the compiled client against the running stack."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.clients.typescript import build
from infra.node import environment, program
from tests.support.cutting import cutting_proxy
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, CountingServer, RunningStack

GREET = """\
name: ts-greet
inputs:
  who: { type: string }
steps:
  - name: compose
    action: transform
    params: { text: "Hello, {{ inputs.who }}!" }
"""
LONG = workflow("ts-long", shape("before"), delay("think", "1h"))
_HEAD = """
import { Problem, Runyard, take } from "DIST/runyard.js";
const [url, token] = process.argv.slice(2);
const client = new Runyard(url, { token });
const tell = (found) => console.log(JSON.stringify(found));
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(stack: RunningStack, tmp_path: Path) -> Iterator[Start]:
    """Starts node with a program that has `client`, and ends it with the test."""
    started: list[subprocess.Popen[str]] = []
    dist = build()

    def begin(text: str, url: str = stack.local.base_url, token: str = "") -> subprocess.Popen[str]:
        path = tmp_path / "program.mjs"
        path.write_text(_HEAD.replace("DIST", dist.as_posix()) + text)
        command = [str(program()), str(path), url, token or stack.credentials.token]
        pipe = subprocess.PIPE
        found = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment())
        started.append(found)
        return found

    yield begin
    for one in started:
        one.kill()
        one.communicate()


def told(process: subprocess.Popen[str]) -> list[Any]:
    """Everything that a program tells until it ends well."""
    out, err = process.communicate(timeout=2 * PATIENCE_SECONDS)
    assert process.returncode == 0, out + err
    return [json.loads(line) for line in out.splitlines()]


def test_s4_sdks__a_run_is_applied_started_streamed_and_waited_for(start: Start) -> None:
    text = f"""
    tell(await client.apply("ts-greet", {json.dumps(GREET)}));
    const {{ execution_id: id }} = await client.start("ts-greet", {{ who: "Ada" }});
    for await (const event of client.stream(id)) tell([event.seq, event.kind]);
    const run = await client.wait(id, {{ timeout: 120_000 }});
    tell([run.status, run.outputs]);
    for await (const event of client.stream(id, {{ after: 3 }})) tell([event.seq, event.kind]);
    """
    applied, *events, run, last = told(start(text))
    assert applied["name"] == "ts-greet"
    kinds = ["started", "step_started", "step_completed", "completed"]
    assert events == [[seq, kind] for seq, kind in enumerate(kinds, start=1)]
    assert run == ["completed", {"text": "Hello, Ada!"}]
    assert last == events[-1]


def test_s4_sdks__a_cancel_ends_the_run_and_its_stream_and_may_be_repeated(
    stack: RunningStack, start: Start
) -> None:
    stack.api.apply(LONG)
    text = """
    const { execution_id: id } = await client.start("ts-long");
    const kinds = [];
    for await (const event of client.stream(id)) {
      kinds.push(event.kind);
      if (event.kind === "step_started" && event.step === "think") tell(await client.cancel(id));
    }
    tell(await client.cancel(id));
    tell([kinds.at(-1), (await client.wait(id)).status, id]);
    """
    first, second, (kind, status, run_id) = told(start(text))
    assert first == second == {"execution_id": run_id, "status": "cancelled"}
    assert (kind, status) == ("cancelled", "cancelled")


def test_s4_sdks__a_stream_goes_on_where_it_was_after_its_socket_broke(
    stack: RunningStack, start: Start, server: CountingServer
) -> None:
    held = workflow("ts-held", shape("a"), fetch("hold", f"{server.url}/hold"), shape("b"))
    stack.api.apply(held)
    text = """
    const { execution_id: id } = await client.start("ts-held");
    for await (const event of client.stream(id)) tell([event.seq, event.kind, event.step]);
    """
    with cutting_proxy(stack.local.base_url) as proxy:
        process = start(text, url=proxy.url)
        assert process.stdout is not None
        events = []
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1][1:] == ["step_started", "hold"]:
                break
        proxy.cut()
        server.hold.set()
        events += told(process)
    assert [seq for seq, *_ in events] == list(range(1, len(events) + 1))
    assert events[-1][1] == "completed"


def test_s4_sdks__refusals_are_problems(start: Start) -> None:
    text = """
    const problemOf = async (call) => {
      try { await call(); return "no problem"; }
      catch (error) {
        return error instanceof Problem ? [error.status, error.slug, error.errors.length] : `${error}`;
      }
    };
    const events = async (one) => { for await (const event of one.stream("run_nowhere")) tell(event); };
    tell(await problemOf(() => client.run("run_nowhere")));
    tell(await problemOf(() => client.cancel("run_nowhere")));
    tell(await problemOf(() => events(client)));
    tell(await problemOf(() => client.apply("ts-bad", "name: ts-bad")));
    const wrong = new Runyard(url, { token: "NAME.wrong" });
    tell(await problemOf(() => take(wrong.api.GET("/api/v1/auth/me"))));
    tell(await problemOf(() => events(wrong)));
    const params = { path: { execution: "workflow-run", id: "run_nowhere" } };
    tell(await problemOf(() => take(wrong.api.POST("/api/v1/cancel/{execution}/{id}", { params }))));
    """
    found = told(start(text.replace("NAME", f"ts-{secrets.token_hex(4)}")))
    missing = [404, "not-found", 0]
    assert found[:3] == [missing, missing, missing]
    assert found[3][:2] == [422, "validation-error"]
    assert found[3][2] > 0
    assert found[4][0] == found[5][0] == found[6][0] == 401
