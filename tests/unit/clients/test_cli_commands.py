"""The commands: what they ask the API, what they print, and how they end."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from runyard import StreamLost
from tests.support.command_line import URL, Terminal, problem

RUN: dict[str, Any] = {
    "id": "run_1",
    "workflow": "greet",
    "version": 3,
    "status": "completed",
    "started_at": "2026-01-02T12:00:00.000Z",
    "completed_at": "2026-01-02T12:00:10.400Z",
    "inputs": {"who": "Ada"},
    "outputs": {"letter": "Hello"},
    "error": None,
    "trigger": {},
    "source_execution_id": None,
    "steps": [],
    "hooks": [],
}
FAILED = {**RUN, "status": "failed", "outputs": None, "error": "fetch: the answer was 500"}
STARTED = {"execution_id": "run_1", "workflow": "greet", "version": 3}
EVENTS = [
    {"kind": "started", "seq": 1, "at": "2026-01-02T12:00:00Z", "runId": "run_1", "version": 3},
    {
        "kind": "step_started",
        "seq": 2,
        "at": "2026-01-02T12:00:00Z",
        "step": "fetch",
        "attempt": 2,
    },
    {"kind": "completed", "seq": 3, "at": "2026-01-02T12:00:10Z", "runId": "run_1"},
]
APPROVAL = {
    "id": "apr_1",
    "run_id": "run_1",
    "step": "ask",
    "status": "pending",
    "expires_at": "2026-01-02T12:00:00Z",
    "message": "Shall we?",
}


@pytest.fixture
def api(signed_in: Terminal) -> Terminal:
    definition = {
        "name": "greet",
        "inputs": {
            "who": {"type": "string"},
            "count": {"type": "number"},
            "loud": {"type": "boolean"},
        },
    }
    signed_in.answer("GET /api/v1/workflows/greet", 200, {"definition": definition})
    signed_in.answer("POST /api/v1/run/greet", 202, STARTED)
    signed_in.answer("GET /api/v1/executions/run_1", 200, RUN)
    signed_in.events = list(EVENTS)
    return signed_in


def sent(api: Terminal) -> Any:
    """The inputs of the last request."""
    return json.loads(api.asked[-1].content or b"{}").get("inputs", {})


def test_a_run_prints_its_id_and_nothing_else(api: Terminal) -> None:
    done = api.type("run", "greet")
    assert (done.code, done.out, done.err) == (0, "run_1\n", "")
    assert api.paths() == ["POST /api/v1/run/greet"]
    assert json.loads(api.type("run", "greet", "--json").out) == STARTED


def test_an_input_has_the_type_that_the_workflow_declares(api: Terminal) -> None:
    api.type("run", "greet", "-i", "who=12=3", "-i", "count=1.5", "-i", "loud=true", "-i", "x=1")
    assert sent(api) == {"who": "12=3", "count": 1.5, "loud": True, "x": "1"}


def test_all_inputs_may_come_as_json_from_a_file_and_from_standard_input(api: Terminal) -> None:
    (api.folder / "in.json").write_text('{"who": "file"}')
    for word, who in (('{"who": "word"}', "word"), ("@in.json", "file"), ("-", "stdin")):
        assert api.type("run", "greet", "--inputs", word, stdin=b'{"who": "stdin"}').code == 0
        assert sent(api) == {"who": who}
    api.type("run", "greet", "--inputs", '{"who": "word", "count": 1}', "-i", "who=pair")
    assert sent(api) == {"who": "pair", "count": 1}


@pytest.mark.parametrize(
    "words",
    [
        ("-i", "who"),
        ("-i", "=Ada"),
        ("-i", "count=many"),
        ("-i", "count=NaN"),
        ("-i", "count=1e999"),
        ("-i", "count=true"),
        ("-i", "loud=yes"),
        ("--inputs", "[]"),
        ("--inputs", "{"),
        ("--inputs", '{"count": NaN}'),
        ("--inputs", "@nowhere.json"),
    ],
)
def test_inputs_that_are_none_start_nothing(api: Terminal, words: tuple[str, ...]) -> None:
    done = api.type("run", "greet", *words)
    assert (done.code, done.out) == (2, "")
    assert "POST /api/v1/run/greet" not in api.paths()


def test_a_key_is_sent_as_it_is(api: Terminal) -> None:
    api.type("run", "greet", "--key", "order-1")
    assert api.asked[-1].headers["idempotency-key"] == "order-1"


@pytest.mark.parametrize(
    ("status", "code"), [("completed", 0), ("failed", 1), ("timed_out", 1), ("cancelled", 1)]
)
@pytest.mark.parametrize("words", [("run", "greet", "-f"), ("run", "greet", "-w"), ("watch",)])
def test_how_a_run_ended_is_the_exit_code(
    api: Terminal, words: tuple[str, ...], status: str, code: int
) -> None:
    api.answer("GET /api/v1/executions/run_1", 200, {**RUN, "status": status})
    words = (*words, "run_1") if words == ("watch",) else words
    done = api.type(*words)
    assert done.code == code
    assert f"run_1 {status} after 10 s" in done.out
    assert '"letter": "Hello"' in done.out
    assert api.type(*words, "--json").code == code


def test_a_run_that_failed_says_why(api: Terminal) -> None:
    api.answer("GET /api/v1/executions/run_1", 200, FAILED)
    assert "run_1 failed after 10 s: fetch: the answer was 500" in api.type("watch", "run_1").out


def test_events_are_lines_and_as_json_one_object_each(api: Terminal) -> None:
    lines = api.type("watch", "run_1", "--after", "7").out.splitlines()
    assert api.streamed == [("run_1", 7)]
    assert [line.split()[0] for line in lines[:3]] == ["1", "2", "3"]
    assert lines[1].endswith("step_started        fetch (try 2)")
    followed = api.type("run", "greet", "--follow", "--json").out.splitlines()
    assert [json.loads(line) for line in followed] == EVENTS
    assert json.loads(api.type("run", "greet", "--wait", "--json").out) == RUN


def test_an_approval_that_is_asked_for_says_how_to_answer(api: Terminal) -> None:
    asked = {**EVENTS[1], "kind": "approval_requested", "step": "ask", "attempt": 1}
    api.events = [{**asked, "approvalId": "apr_1", "message": "Shall we?"}]
    first = api.type("watch", "run_1").out.splitlines()[0]
    assert first.endswith("ask: Shall we?; answer with: runyard approve apr_1")


def test_a_follower_who_leaves_is_told_that_the_run_goes_on(api: Terminal) -> None:
    api.events = [EVENTS[0], KeyboardInterrupt()]
    done = api.type("run", "greet", "--follow")
    assert done.code == 130
    assert "run_1 goes on; see it again with: runyard watch run_1" in done.err


def test_a_lost_stream_says_where_to_go_on(api: Terminal) -> None:
    api.events = [EVENTS[0], StreamLost("run_1", 1, "ws://x/?token=ada.secret refused")]
    done = api.type("watch", "run_1")
    assert done.code == 4
    assert "runyard watch run_1 --after 1" in done.err
    assert "ada.secret" not in done.all


def test_a_retry_is_a_run_of_its_own(api: Terminal) -> None:
    again = {**STARTED, "source_execution_id": "run_0"}
    api.answer("POST /api/v1/executions/run_0/retry", 202, again)
    assert api.type("retry", "run_0").out == "run_1\n"
    assert "completed" in api.type("retry", "run_0", "--wait").out


def test_one_run_or_all_are_cancelled_and_never_both(api: Terminal) -> None:
    api.answer("POST /api/v1/cancel/run_1", 200, {"execution_id": "run_1", "status": "cancelled"})
    api.answer("POST /api/v1/cancel", 200, {"status": "cancelled", "count": 2})
    assert api.type("cancel", "run_1").out == "run_1 cancelled\n"
    assert api.type("cancel", "--all").out == "2 cancelled\n"
    assert json.loads(api.type("cancel", "--all", "--json").out)["count"] == 2
    asked = len(api.asked)
    assert api.type("cancel").code == 2
    assert api.type("cancel", "run_1", "--all").code == 2
    assert len(api.asked) == asked


def test_a_list_is_as_long_as_was_asked_for_however_long_the_pages_are(api: Terminal) -> None:
    page = {"executions": [{**RUN, "id": f"run_{n}"} for n in range(2)], "next_page_token": "a"}
    api.answer("GET /api/v1/executions", 200, page)
    words = ("ls", "--limit", "2", "--status", "failed", "--workflow", "greet", "--since", "1h")
    lines = api.type(*words).out.splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", "run_0", "run_1"]
    assert dict(api.asked[-1].url.params) == {
        "limit": "2",
        "status": "failed",
        "workflow": "greet",
        "since": "1h",
    }
    assert len(json.loads(api.type("ls", "--limit", "3", "--json").out)) == 3
    assert api.asked[-1].url.params["page_token"] == "a"


def test_a_run_is_shown_with_its_steps(api: Terminal) -> None:
    step = {
        "name": "ask",
        "status": "running",
        "attempts": 1,
        "started_at": "2026-01-02T12:00:00Z",
        "completed_at": None,
        "error": None,
        "reused": False,
        "iterations": {"total": 5, "succeeded": 2, "failed": 0},
        "execution_id": "run_child",
        "approval_id": "apr_1",
    }
    hook = {**step, "name": "tell", "hook": "on_finish", "error": "no\nanswer"}
    api.answer("GET /api/v1/executions/run_1", 200, {**RUN, "steps": [step], "hooks": [hook]})
    out = api.type("show", "run_1").out
    assert "greet version 3" in out
    assert "2 of 5, run run_child, runyard approve apr_1" in out
    assert "on_finish" in out
    assert "no answer" in out
    assert json.loads(api.type("show", "run_1", "--json").out)["steps"] == [step]


def test_logs_are_walked_through_to_their_end(api: Terminal) -> None:
    line = {"timestamp": "2026-01-02T12:00:00Z", "level": "error", "step": "a", "message": "no"}
    api.answer("GET /api/v1/executions/run_1/logs", 200, {"logs": [line], "next": None})
    assert api.type("logs", "run_1").out.rstrip().endswith("error    a: no")
    assert json.loads(api.type("logs", "run_1", "--json").out) == line


def test_approvals_are_listed_and_answered(api: Terminal) -> None:
    api.answer("GET /api/v1/approvals", 200, {"approvals": [APPROVAL]})
    for word in ("approve", "reject"):
        answered = {**APPROVAL, "status": f"{word}ed"}
        api.answer(f"POST /api/v1/approvals/apr_1/{word}", 200, answered)
        done = api.type(word, "apr_1", "--comment", "fine")
        assert (done.code, done.out) == (0, f"ask of run_1 {word}ed\n")
        assert json.loads(api.asked[-1].content) == {"comment": "fine"}
    assert "Shall we?" in api.type("approvals").out
    assert dict(api.asked[-1].url.params) == {"status": "pending"}
    assert json.loads(api.type("approvals", "--status", "all", "--json").out) == [APPROVAL]
    assert dict(api.asked[-1].url.params) == {}


def test_nobody_answering_is_an_exit_code_of_its_own(api: Terminal) -> None:
    api.answers["GET /api/v1/executions"] = httpx.ConnectError("[Errno 111] Connection refused")
    done = api.type("ls")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"error: no answer from {URL}: ")
    assert done.err.count("\n") == 1


def test_a_refusal_is_one_line_with_the_requests_id_and_no_secret(api: Terminal) -> None:
    refused = problem(403, "permission-denied", "ada.secret\nis a viewer's")
    api.answer("POST /api/v1/run/greet", 403, refused)
    done = api.type("run", "greet")
    assert (done.code, done.out) == (3, "")
    assert done.err == "error: 403 permission-denied: *** is a viewer's (req_1)\n"
    told = json.loads(api.type("run", "greet", "--json").err)
    assert (told["status"], told["correlation_id"]) == (403, "req_1")


@pytest.mark.parametrize("status", [401, 409, 500])
def test_every_refusal_is_exit_code_3(api: Terminal, status: int) -> None:
    api.answers["GET /api/v1/executions"] = httpx.Response(
        status, text="no", headers={"x-request-id": "req_9"}
    )
    done = api.type("ls")
    assert done.code == 3
    assert "req_9" in done.err
    assert ("runyard login" in done.err) == (status == 401)


def test_nobody_is_asked_before_somebody_has_signed_in(terminal: Terminal) -> None:
    done = terminal.type("ls")
    assert (done.code, terminal.asked) == (2, [])
    assert "not signed in at http://localhost:8000: runyard login" in done.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nothing",),
        ("ls", "--limit", "0"),
        ("ls", "--status", "odd"),
        ("watch", "run_1", "--after", "-1"),
        ("show", ".."),
        ("show",),
    ],
)
def test_a_wrong_command_is_exit_code_2(signed_in: Terminal, words: tuple[str, ...]) -> None:
    assert signed_in.type(*words).code == 2
    assert signed_in.asked == []


def test_help_and_version_need_nobody(terminal: Terminal) -> None:
    assert terminal.type("--help").code == 0
    assert "0.1.0" in terminal.type("--version").out
    assert terminal.type("run", "--help").code == 0
