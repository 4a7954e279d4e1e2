"""S2: approvals over HTTP on the running stack, and what the socket tells of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.answers import instant, places, problem
from tests.support.definitions import fetch, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, CountingServer, RunningStack, step_of


def approval(name: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "action": "approval",
        "params": {"message": "Go on?", **(params or {})},
        **more,
    }


def asked(api: Api, run_id: str, step: str = "review") -> str:
    """The id of the approval of a run's step, once it is asked for."""
    found = api.until(run_id, lambda detail: step_of(detail, step)["approval_id"] is not None)
    return str(step_of(found, step)["approval_id"])


def answer(api: Api, id: str, word: str, **body: Any) -> Any:
    return api.post(f"/api/v1/approvals/{id}/{word}", json=body)


def get(api: Api, id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/v1/approvals/{id}").json()
    return found


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


def test_s2_approvals__approving_lets_the_run_go_on_and_the_answer_is_the_steps_output(
    api: Api, operator: Api, viewer: Api
) -> None:
    review = approval("review", {"message": "Publish {{ steps.build.output.tag }}?"}, timeout="1h")
    said = shape("said", {"why": "{{ steps.review.output.comment }}"})
    api.apply(workflow("approve-it", shape("build", {"tag": "v7"}), review, said))
    run_id = api.run("approve-it")
    id = asked(api, run_id)
    assert api.detail(run_id)["status"] == "running"
    found = viewer.get(f"/api/v1/approvals/{id}").json()
    assert instant(found["expires_at"]) > instant(found["requested_at"])
    assert {**found, "expires_at": None, "requested_at": None} == {
        "id": id,
        "run_id": run_id,
        "step": "review",
        "gate": None,
        "message": "Publish v7?",
        "status": "pending",
        "requested_at": None,
        "expires_at": None,
        "decided_at": None,
        "decided_by": None,
        "comment": None,
    }
    refused = answer(viewer, id, "approve")
    problem(refused, 403, "permission-denied", "rule_source")
    taken = answer(operator, id, "approve", comment="looks good")
    assert taken.status_code == 200, taken.text
    assert taken.json() == get(viewer, id)
    assert (taken.json()["status"], taken.json()["comment"]) == ("approved", "looks good")
    assert taken.json()["decided_by"] == "operator"
    detail = api.ended(run_id)
    assert detail["status"] == "completed"
    output = step_of(detail, "review")["output"]
    assert output == {
        "approved": True,
        "by": "operator",
        "comment": "looks good",
        "at": taken.json()["decided_at"],
    }
    assert step_of(detail, "said")["output"] == {"why": "looks good"}
    again = problem(answer(operator, id, "reject"), 409, "conflict", "approval_status")
    assert again["approval_status"] == "approved"
    assert get(viewer, id) == taken.json()


def test_s2_approvals__rejecting_fails_the_step_with_rejected_and_starts_nothing_more(
    api: Api, server: CountingServer
) -> None:
    api.apply(workflow("reject-it", approval("review"), fetch("later", f"{server.url}/later")))
    run_id = api.run("reject-it")
    taken = answer(api, asked(api, run_id), "reject")
    assert (taken.status_code, taken.json()["status"]) == (200, "rejected")
    detail = api.ended(run_id)
    assert (detail["status"], detail["error"]) == ("failed", "step review failed: rejected")
    assert step_of(detail, "review")["error"] == "rejected"
    assert step_of(detail, "later")["status"] == "skipped"
    assert server.count("/later") == 0


def test_s2_approvals__with_continue_on_error_the_run_goes_on_after_a_rejection(api: Api) -> None:
    review = approval("review", continue_on_error=True)
    said = shape("said", {"error": "{{ steps.review.error }}"})
    api.apply(workflow("reject-but", review, said))
    run_id = api.run("reject-but")
    answer(api, asked(api, run_id), "reject")
    detail = api.ended(run_id)
    assert detail["status"] == "completed"
    assert step_of(detail, "said")["output"] == {"error": "rejected"}


def test_s2_approvals__nobody_answers_in_time__timeout_and_expired(api: Api) -> None:
    api.apply(workflow("too-late", approval("review", {"timeout": "2s"}), shape("later")))
    run_id = api.run("too-late")
    id = asked(api, run_id)
    detail = api.ended(run_id)
    assert (detail["status"], detail["error"]) == ("failed", "step review failed: timeout")
    assert step_of(detail, "review")["error"] == "timeout"
    assert get(api, id)["status"] == "expired"
    late = problem(answer(api, id, "approve"), 409, "conflict", "approval_status")
    assert late["approval_status"] == "expired"


@pytest.mark.parametrize("parallel", [False, True])
def test_s2_approvals__a_cancel_while_one_is_open_starts_no_further_step(
    api: Api, server: CountingServer, parallel: bool
) -> None:
    later = fetch(
        "later", f"{server.url}/later", **({"depends_on": ["review"]} if parallel else {})
    )
    beside = [approval("other", depends_on=[])] if parallel else []
    name = f"cancel-approval-{'wide' if parallel else 'chain'}"
    api.apply(workflow(name, approval("review"), *beside, later))
    run_id = api.run(name)
    id = asked(api, run_id)
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    detail = api.detail(run_id)
    assert detail["status"] == "cancelled"
    assert step_of(detail, "review")["status"] == "cancelled"
    problem(answer(api, id, "approve"), 409, "conflict", "approval_status")
    end = time.monotonic() + PATIENCE_SECONDS
    while get(api, id)["status"] != "expired":
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(1)  # long enough for whatever would still be coming: steps follow within 0.2 s
    assert server.count("/later") == 0
    assert api.detail(run_id) == detail


def test_s2_approvals__two_in_parallel_are_answered_one_by_one(api: Api) -> None:
    both = [approval(name, depends_on=[]) for name in ("review", "legal")]
    api.apply(workflow("two-approvals", *both, shape("after", depends_on=["review", "legal"])))
    run_id = api.run("two-approvals")
    ids = [asked(api, run_id, name) for name in ("review", "legal")]
    for id in ids:
        assert answer(api, id, "approve").status_code == 200
    detail = api.ended(run_id)
    assert detail["status"] == "completed"
    assert {step["status"] for step in detail["steps"]} == {"completed"}


def test_s2_approvals__a_skipped_one_asks_nobody(api: Api) -> None:
    api.apply(workflow("ask-nobody", approval("review", **{"if": "1 > 2"}), shape("after")))
    detail = api.ended(api.run("ask-nobody"))
    assert [step["status"] for step in detail["steps"]] == ["skipped", "completed"]
    assert step_of(detail, "review")["approval_id"] is None


def test_s2_approvals__lists_newest_first_with_pages_and_each_status(stack: RunningStack) -> None:
    from chalicelib.core.roles import Role

    api = stack.api_as(Role.ADMIN, org="org_approvals", name="lister")
    api.apply(workflow("listed", approval("review")))
    ids = []
    for _ in range(3):
        run_id = api.run("listed")
        ids.append(asked(api, run_id))
    answer(api, ids[0], "approve")
    answer(api, ids[1], "reject")
    path = "/api/v1/approvals"
    assert [one["id"] for one in api.get(path).json()["approvals"]] == ids[::-1]
    first = api.get(f"{path}?limit=2").json()
    assert [one["id"] for one in first["approvals"]] == ids[:0:-1]
    rest = api.get(f"{path}?limit=2&page_token={first['next_page_token']}").json()
    assert [one["id"] for one in rest["approvals"]] == ids[:1]
    assert "next_page_token" not in rest
    wanted = {"approved": [ids[0]], "rejected": [ids[1]], "pending": [ids[2]], "expired": []}
    for status, expected in wanted.items():
        found = api.get(f"{path}?status={status}").json()["approvals"]
        assert [one["id"] for one in found] == expected
        assert {one["status"] for one in found} <= {status}
    api.post(f"/api/v1/cancel/{run_id}")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=open", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("page_token=x", "page"),
    ],
)
def test_s2_approvals__a_bad_parameter_is_400_naming_it(
    viewer: Api, query: str, named: str
) -> None:
    found = problem(viewer.get(f"/api/v1/approvals?{query}"), 400, "bad-request")
    assert named in found["detail"]


def test_s2_approvals__unknown_and_foreign_ids_look_alike(
    api: Api, stranger: Api, operator: Api
) -> None:
    api.apply(workflow("strangers", approval("review")))
    run_id = api.run("strangers")
    id = asked(api, run_id)
    details = set()
    for client, wanted in ((stranger, id), (operator, "apr_01ARZ3NDEKTSV4RRFFQ69G5FAV.review")):
        for found in (
            client.get(f"/api/v1/approvals/{wanted}"),
            answer(client, wanted, "approve"),
            answer(client, wanted, "reject"),
        ):
            details.add(problem(found, 404, "not-found")["detail"])
    assert details == {"approval not found"}
    assert get(api, id)["status"] == "pending"
    api.post(f"/api/v1/cancel/{run_id}")


@pytest.mark.parametrize(
    ("body", "place"),
    [({"comment": "x" * 1001}, "comment"), ({"comment": 1}, "comment"), ({"why": "x"}, "why")],
)
def test_s2_approvals__a_wrong_body_is_422_naming_the_place(
    operator: Api, body: dict[str, Any], place: str
) -> None:
    path = "/api/v1/approvals/apr_01ARZ3NDEKTSV4RRFFQ69G5FAV.review/approve"
    found = problem(operator.post(path, json=body), 422, "validation-error", "errors")
    assert list(places(found)) == [place]


@pytest.mark.parametrize(
    ("step", "place"),
    [
        (approval("review", retry={"max_attempts": 2}), "steps[0].retry.max_attempts"),
        (approval("review", {"timeout": "{{ env.t }}"}), "steps[0].params.timeout"),
        (approval("review", {"timeout": "500ms"}), "steps[0].params.timeout"),
        (approval("review", {"message": ""}), "steps[0].params.message"),
    ],
)
def test_s2_approvals__what_makes_no_sense_is_refused_when_it_is_applied(
    api: Api, step: dict[str, Any], place: str
) -> None:
    found = problem(
        api.put("refused", workflow("refused", step, env={"t": "1h"})),
        422,
        "validation-error",
        "errors",
    )
    assert list(places(found)) == [place]


def test_s0_socket__approval_requested_and_suspended_are_told_and_the_search_says_suspended(
    stack: RunningStack, api: Api
) -> None:
    api.apply(workflow("s0-approval", approval("review"), shape("after")))
    with stack.socket() as socket:
        socket.send("workflow.run", "1", workflowIdOrName="s0-approval", inputs={})
        told: list[dict[str, Any]] = []
        while {"approval_requested", "suspended"} - {event["kind"] for event in told}:
            frame = socket.receive()
            assert (frame["type"], frame["id"]) == ("event", "1")
            told.append(frame["event"])
        by_kind = {event["kind"]: event for event in told}
        run_id = by_kind["started"]["runId"]
        asking = by_kind["approval_requested"]
        assert (asking["step"], asking["message"]) == ("review", "Go on?")
        assert by_kind["suspended"]["runId"] == run_id
        found = socket.ask("workflow.run.search", "2", workflow="s0-approval", status="suspended")[
            "payload"
        ]["runs"]
        assert [(run["runId"], run["status"]) for run in found] == [(run_id, "suspended")]
        assert answer(api, asking["approvalId"], "approve").status_code == 200
        kinds = [event["kind"] for event in socket.until_done("1")]
        assert kinds == ["step_completed", "step_started", "step_completed", "completed"]
    lines = api.get(f"/api/v1/executions/{run_id}/logs").json()["logs"]
    assert "review asks for approval: Go on?" in [line["message"] for line in lines]


def test_s2_approvals__a_retry_of_a_failed_run_does_not_ask_again_what_was_approved(
    api: Api, server: CountingServer
) -> None:
    broken = fetch("broken", f"{server.url}/flaky/1")
    api.apply(workflow("retry-approved", approval("review"), broken))
    run_id = api.run("retry-approved")
    answer(api, asked(api, run_id), "approve")
    assert api.ended(run_id)["status"] == "failed"
    again = api.post(f"/api/v1/executions/{run_id}/retry").json()["execution_id"]
    detail = api.ended(again)
    assert detail["status"] == "completed"
    assert step_of(detail, "review")["reused"]
