"""S0, Cancel Endpoints: `POST /api/v1/cancel/:type/:id` and `POST /api/v1/cancel`."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from chalicelib.core.clock import utc_now
from chalicelib.core.ids import new_id
from tests.support.answers import has_common_headers
from tests.support.definitions import delay, shape, workflow
from tests.support.faults import eventually
from tests.support.stack import Api, RunningStack

LONG = workflow("s0-long", shape("before"), delay("wait", "1h"), shape("after"))
SHORT = workflow("s0-short", shape("a"))
WRONG_TYPE = {
    "status": "error",
    "message": "executionType must be 'workflow-run' or 'method-run'",
}


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (LONG, SHORT):
        stack.api.apply(definition)
    model = {"type": "delay", "globalArguments": {"duration": "1h"}}
    assert stack.api.call("PUT", "/api/v1/models/s0-sleeper", json=model).status_code in (200, 201)
    return stack.api


@pytest.fixture
def quiet(api: Api) -> Api:
    """Nothing is live."""
    api.post("/api/v1/cancel")
    eventually("nothing is live", lambda: api.post("/api/v1/cancel").json()["count"] == 0)
    return api


def method_run(api: Api) -> str:
    answer = api.post("/api/v1/models/s0-sleeper/methods/run/run")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])


def is_json(answer: requests.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    has_common_headers(answer)
    return answer.json()


def is_text(answer: requests.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "text/plain"
    has_common_headers(answer)
    return answer.text


def statuses(api: Api, *run_ids: str) -> list[str]:
    return [api.detail(run_id)["status"] for run_id in run_ids]


# POST /api/v1/cancel/:type/:id


@pytest.mark.parametrize("kind", ["workflow-run", "method-run"])
def test_s0_cancel_one__200_when_the_execution_was_found_and_cancelled(api: Api, kind: str) -> None:
    run_id = api.run("s0-long") if kind == "workflow-run" else method_run(api)
    answer = api.post(f"/api/v1/cancel/{kind}/{run_id}")
    assert is_json(answer, 200) == {
        "status": "cancelled",
        "executionType": kind,
        "executionId": run_id,
    }
    assert statuses(api, run_id) == ["cancelled"]


def test_s0_cancel_one__the_example_of_the_page_with_curl(api: Api, stack: RunningStack) -> None:
    import subprocess

    run_id = api.run("s0-long")
    url = f"{stack.local.base_url}/api/v1/cancel/workflow-run/{run_id}"
    token = f"Authorization: Bearer {stack.credentials.token}"
    found = subprocess.run(
        ["curl", "-sS", "-X", "POST", url, "-H", token], capture_output=True, text=True, check=True
    )
    assert '"cancelled"' in found.stdout


@pytest.mark.parametrize(("kind", "other"), [("workflow-run", "method-run")])
def test_s0_cancel_one__404_for_a_run_of_the_other_type_which_goes_on(
    api: Api, kind: str, other: str
) -> None:
    run_id = api.run("s0-long")
    answer = api.post(f"/api/v1/cancel/{other}/{run_id}")
    assert is_json(answer, 404) == {
        "status": "not_found",
        "message": f"No active {other} with id {run_id}",
    }
    assert statuses(api, run_id) == ["running"]
    method = method_run(api)
    assert api.post(f"/api/v1/cancel/{kind}/{method}").status_code == 404
    assert statuses(api, method) == ["running"]


def test_s0_cancel_one__404_for_a_finished_run_which_stays_as_it_is(api: Api) -> None:
    done, cancelled = api.run("s0-short"), api.run("s0-long")
    api.ended(done)
    api.post(f"/api/v1/cancel/{cancelled}")
    for run_id in (done, cancelled):
        answer = api.post(f"/api/v1/cancel/workflow-run/{run_id}")
        assert is_json(answer, 404)["message"] == f"No active workflow-run with id {run_id}"
    assert statuses(api, done, cancelled) == ["completed", "cancelled"]


@pytest.mark.parametrize(
    "run_id",
    ["3f8a2b1c", new_id("run", utc_now()), "run_" + "x" * 3000],
    ids=["short", "one of ours", "long"],
)
@pytest.mark.parametrize("kind", ["workflow-run", "method-run"])
def test_s0_cancel_one__404_for_an_unknown_id(api: Api, kind: str, run_id: str) -> None:
    answer = api.post(f"/api/v1/cancel/{kind}/{run_id}")
    assert is_json(answer, 404) == {
        "status": "not_found",
        "message": f"No active {kind} with id {run_id}",
    }


def test_s0_cancel_one__another_organisations_run_is_404(api: Api, stranger: Api) -> None:
    run_id = api.run("s0-long")
    assert is_json(stranger.post(f"/api/v1/cancel/workflow-run/{run_id}"), 404)
    assert statuses(api, run_id) == ["running"]


@pytest.mark.parametrize("kind", ["workflow", "workflow-runs", "Method-Run", "run"])
def test_s0_cancel_one__400_for_another_type(api: Api, kind: str) -> None:
    assert is_json(api.post(f"/api/v1/cancel/{kind}/run_1"), 400) == WRONG_TYPE


# Authentication, of both

PATHS = ["/api/v1/cancel/workflow-run/3f8a2b1c", "/api/v1/cancel"]
both = pytest.mark.parametrize("path", PATHS)


@both
def test_s0_cancel_authentication__a_missing_token_is_401_in_plain_text(
    nobody: Api, path: str
) -> None:
    assert is_text(nobody.post(path), 401) == "Unauthorized: token required"


@both
@pytest.mark.parametrize(
    "header", ["Bearer paul-token-s0.wrong", "Bearer nodot", "Bearer ", "Basic cGF1bDpzZWNyZXQ="]
)
def test_s0_cancel_authentication__an_invalid_token_is_401_in_plain_text(
    nobody: Api, path: str, header: str
) -> None:
    answer = nobody.post(path, headers={"Authorization": header})
    assert is_text(answer, 401) == "Unauthorized"


@both
def test_s0_cancel_authentication__a_viewer_is_403(viewer: Api, path: str) -> None:
    assert is_json(viewer.post(path), 403) == {
        "status": "error",
        "message": "Access denied: cancel requires operator role",
    }


def test_s0_cancel_authentication__the_token_is_the_sockets(stack: RunningStack, api: Api) -> None:
    """The same token that is used for WebSocket authentication."""
    run_id = api.run("s0-long")
    with stack.socket(stack.credentials.token) as socket:
        socket.send("run.attach", "a", runId=run_id)
        answer = Api(stack.local.base_url, stack.credentials.token).post(
            f"/api/v1/cancel/workflow-run/{run_id}"
        )
        assert answer.status_code == 200
        assert socket.until_done("a")[-1]["kind"] == "cancelled"


# POST /api/v1/cancel


@pytest.mark.parametrize("body", [None, b"", b" \n", b"{}"])
def test_s0_cancel_all__without_a_type_everything_running_is_cancelled(
    quiet: Api, body: bytes | None
) -> None:
    runs = [quiet.run("s0-long"), quiet.run("s0-long"), method_run(quiet)]
    headers = {"Content-Type": "application/json"} if body else {}
    answer = quiet.post("/api/v1/cancel", data=body, headers=headers)
    assert is_json(answer, 200) == {"status": "cancelled", "count": 3}
    assert statuses(quiet, *runs) == ["cancelled"] * 3


@pytest.mark.parametrize(("kind", "expected"), [("workflow-run", 0), ("method-run", 1)])
def test_s0_cancel_all__with_a_type_only_those(quiet: Api, kind: str, expected: int) -> None:
    runs = [quiet.run("s0-long"), method_run(quiet)]
    answer = quiet.post("/api/v1/cancel", json={"executionType": kind})
    assert is_json(answer, 200) == {"status": "cancelled", "count": 1}
    words = ["running", "running"]
    words[expected] = "cancelled"
    assert statuses(quiet, *runs) == words


def test_s0_cancel_all__the_examples_of_the_page_with_curl(quiet: Api, stack: RunningStack) -> None:
    import json
    import subprocess

    url = f"{stack.local.base_url}/api/v1/cancel"
    token = ["-H", f"Authorization: Bearer {stack.credentials.token}"]
    body = ["-H", "Content-Type: application/json", "-d", '{"executionType": "workflow-run"}']
    for more in ([], body):
        run_id = quiet.run("s0-long")
        command = ["curl", "-sS", "-X", "POST", url, *token, *more]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(found.stdout) == {"status": "cancelled", "count": 1}
        assert statuses(quiet, run_id) == ["cancelled"]


def test_s0_cancel_all__none_running_is_200_with_count_0(quiet: Api) -> None:
    assert is_json(quiet.post("/api/v1/cancel"), 200) == {"status": "cancelled", "count": 0}


def test_s0_cancel_all__counts_what_this_request_cancelled_and_leaves_others_alone(
    quiet: Api, stranger: Api
) -> None:
    stranger.apply(LONG)
    theirs, over = stranger.run("s0-long"), quiet.run("s0-long")
    quiet.post(f"/api/v1/cancel/{over}")
    mine = quiet.run("s0-long")
    assert quiet.post("/api/v1/cancel").json()["count"] == 1
    assert statuses(quiet, over, mine) == ["cancelled", "cancelled"]
    assert statuses(stranger, theirs) == ["running"]
    assert stranger.post("/api/v1/cancel").json()["count"] == 1


@pytest.mark.parametrize("value", ["workflow", "", "WORKFLOW-RUN", None, 1, ["workflow-run"], {}])
def test_s0_cancel_all__400_for_an_invalid_type_and_nothing_is_cancelled(
    api: Api, value: object
) -> None:
    run_id = api.run("s0-long")
    answer = api.post("/api/v1/cancel", json={"executionType": value})
    assert is_json(answer, 400) == WRONG_TYPE
    assert statuses(api, run_id) == ["running"]


@pytest.mark.parametrize("body", [b"{", b"executionType=workflow-run", b"\xff", b'{"a":1,"a":2}'])
def test_s0_cancel_all__400_for_malformed_json(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    found = is_json(api.post("/api/v1/cancel", data=body, headers=headers), 400)
    assert found["status"] == "error"
    assert set(found) == {"status", "message"}


@pytest.mark.parametrize("body", [[], "workflow-run", {"executiontype": "workflow-run"}])
def test_s0_cancel_all__a_body_that_is_no_such_object_cancels_nothing(
    api: Api, body: object
) -> None:
    run_id = api.run("s0-long")
    found = is_json(api.post("/api/v1/cancel", json=body), 422)
    assert found["status"] == "error"
    assert statuses(api, run_id) == ["running"]


def test_s0_cancel_all__another_content_type_is_415(api: Api) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = api.post("/api/v1/cancel", data=b'{"executionType":"x"}', headers=headers)
    assert is_json(answer, 415)["status"] == "error"
