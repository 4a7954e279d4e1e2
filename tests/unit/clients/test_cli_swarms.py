"""`runyard swarm …`: what it asks the API, what it prints, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from runyard.cli import swarms
from tests.support.command_line import URL, Terminal, problem

LINE: dict[str, Any] = {
    "name": "report",
    "status": "running",
    "started_at": "2026-01-02T12:00:00Z",
    "agent_count": 3,
    "object_count": 1,
}


def message(number: int, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": f"2026-01-02T12:00:0{number}Z",
        "swarm": "report",
        "from": "writer",
        "to": "reviewer",
        "type": "direct",
        "content_preview": f"draft {number}",
        **more,
    }


@pytest.fixture
def api(signed_in: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(signed_in.folder)
    signed_in.answer("GET /api/swarms", 200, {"swarms": [LINE]})
    signed_in.answer("POST /api/swarms", 201, {"status": "created", "swarm_name": "report"})
    return signed_in


def test_swarms_are_listed(api: Terminal) -> None:
    done = api.type("swarm", "ls")
    head, line = done.out.splitlines()
    assert head.split() == ["SWARM", "STATUS", "AGENTS", "OBJECTS", "STARTED"]
    assert line.split()[:4] == ["report", "running", "3", "1"]
    assert json.loads(api.type("swarm", "ls", "--json").out) == [LINE]


@pytest.mark.parametrize("text", ["name: report\nagents: []\n", '{"name": "report", "agents": []}'])
def test_a_swarm_is_created_from_a_file_and_from_standard_input(api: Terminal, text: str) -> None:
    (api.folder / "swarm.yaml").write_text(text)
    for file in ("swarm.yaml", "-"):
        done = api.type("swarm", "create", file, stdin=text.encode())
        assert (done.code, done.out, done.err) == (0, "report\n", "")
        assert json.loads(api.asked[-1].content) == {"config": {"name": "report", "agents": []}}


def test_a_swarm_is_created_from_what_the_stage_keeps(api: Terminal) -> None:
    assert api.type("swarm", "create", "--path", "examples/report.exs").out == "report\n"
    assert json.loads(api.asked[-1].content) == {"config_path": "examples/report.exs"}


@pytest.mark.parametrize("text", ["[]", "a: [", "name: 2026-01-02"])
def test_a_file_that_is_no_configuration_is_not_sent(api: Terminal, text: str) -> None:
    (api.folder / "swarm.yaml").write_text(text)
    done = api.type("swarm", "create", "swarm.yaml")
    assert (done.code, api.paths()) == (2, [])
    assert done.err.startswith("error: swarm.yaml ")
    assert done.err.count("\n") == 1


def test_elixir_is_for_the_api_and_one_of_file_and_path_is_given(api: Terminal) -> None:
    (api.folder / "swarm.exs").write_text("%{}")
    for words in (("swarm.exs",), (), ("swarm.exs", "--path", "a.exs")):
        done = api.type("swarm", "create", *words)
        assert (done.code, api.paths()) == (2, [])
        assert "--path" in done.err


def test_a_refused_configuration_is_told_with_its_file(api: Terminal) -> None:
    (api.folder / "swarm.yaml").write_text("name: report")
    api.answer("POST /api/swarms", 400, problem(400, "bad-request", "no agents"))
    done = api.type("swarm", "create", "swarm.yaml")
    assert (done.code, done.err) == (3, "error: swarm.yaml: 400 bad-request: no agents (req_1)\n")


def test_a_task_is_sent_with_its_key(api: Terminal) -> None:
    sent = {"status": "sent", "agent": "writer", "task": "go"}
    api.answer("POST /api/swarms/report/agents/writer/task", 200, sent)
    done = api.type("swarm", "task", "report", "writer", "go", "--key", "k1")
    assert (done.code, done.out) == (0, "sent to writer\n")
    assert json.loads(api.asked[-1].content) == {"task": "go"}
    assert api.asked[-1].headers["Idempotency-Key"] == "k1"


def test_messages_are_shown_once_and_in_order_until_the_swarm_has_stopped(
    api: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.answer("GET /api/swarms/report", 200, {"status": "running"})
    api.answer("GET /api/swarms/report/messages", 200, {"messages": [message(1)]})

    def meanwhile(seconds: float) -> None:
        later = [message(3, to=["a", "b"], content_preview="x\x1b[2J"), message(2), message(1)]
        api.answer("GET /api/swarms/report/messages", 200, {"messages": later})
        api.answer("GET /api/swarms/report", 200, {"status": "stopped"})

    monkeypatch.setattr(swarms.time, "sleep", meanwhile)
    done = api.type("swarm", "watch", "report")
    assert done.code == 0
    assert [line.split("  ", 1)[1] for line in done.out.splitlines()] == [
        "writer → reviewer: draft 1",
        "writer → reviewer: draft 2",
        "writer → a, b: x\ufffd[2J",
    ]
    shown = api.type("swarm", "watch", "report", "--json").out.splitlines()
    assert [json.loads(line)["timestamp"][-2] for line in shown] == ["1", "2", "3"]


def test_a_swarm_is_stopped_and_purged(api: Terminal) -> None:
    for words, status, query in (((), "stopped", ""), (("--purge",), "purged", "purge=true")):
        body = {"status": status, "swarm_name": "report", "config_path": None}
        api.answer("DELETE /api/swarms/report", 200, body)
        assert api.type("swarm", "stop", "report", *words).out == f"report {status}\n"
        assert api.asked[-1].url.query.decode() == query


def test_a_web_page_instead_of_an_answer_is_one_clear_line(api: Terminal) -> None:
    page = httpx.Response(200, html="<html>Sign in</html>")
    for path, words in (
        ("GET /api/swarms", ("swarm", "ls")),
        ("GET /api/v1/workflows", ("workflows",)),
        ("GET /api/v1/executions/run_1", ("show", "run_1")),
    ):
        api.answers[path] = page
        done = api.type(*words)
        assert (done.code, done.out) == (4, "")
        assert (
            done.err
            == f"error: no answer from {URL}: {path}: a web page, not an answer of Runyard\n"
        )
