"""S2, definitions: `hooks {on_success, on_failure, on_finish}`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import problem
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.faults import eventually
from tests.support.stack import Api, RunningStack, counting_server


def places(found: dict[str, Any]) -> list[str]:
    return [error["location"] for error in found["errors"]]


HOOKS = {
    "on_success": [shape("good", {"said": "{{ steps.a.output.x }}"})],
    "on_failure": [shape("bad", {"said": "{{ execution.error }}"})],
    "on_finish": [shape("last", {"said": "{{ execution.status }}"})],
}


def hooks_of(api: Api, run_id: str, *names: str) -> dict[str, Any]:
    """The outputs of a run's hooks once all of these are over."""

    def over() -> bool:
        done = {hook["name"] for hook in api.detail(run_id)["hooks"] if hook["completed_at"]}
        return done == set(names)

    eventually(f"the hooks {names} of {run_id} are over", over)
    return {hook["name"]: (hook["hook"], hook["output"]) for hook in api.detail(run_id)["hooks"]}


def test_s2_hooks__after_success_and_after_every_run(api: Api) -> None:
    api.apply(workflow("hooks-good", shape("a", {"x": 1}), hooks=HOOKS))
    run_id = api.run("hooks-good")
    before = api.ended(run_id)
    assert hooks_of(api, run_id, "good", "last") == {
        "good": ("on_success", {"said": 1}),
        "last": ("on_finish", {"said": "completed"}),
    }
    after = api.detail(run_id)
    assert {**after, "hooks": []} == {**before, "hooks": []}


def test_s2_hooks__after_a_failure_with_its_reason(api: Api) -> None:
    failing = shape("a", {"x": "{{ int('no') }}"})
    api.apply(workflow("hooks-bad", failing, hooks=HOOKS))
    run_id = api.run("hooks-bad")
    assert api.ended(run_id)["status"] == "failed"
    found = hooks_of(api, run_id, "bad", "last")
    assert "step a failed" in found["bad"][1]["said"]
    assert found["last"] == ("on_finish", {"said": "failed"})


def test_s2_hooks__a_cancelled_run_has_only_the_last_ones(api: Api) -> None:
    api.apply(workflow("hooks-cancel", delay("a", "1h"), hooks={**HOOKS, "on_success": []}))
    run_id = api.run("hooks-cancel")
    api.step_running(run_id, "a")
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    assert hooks_of(api, run_id, "last") == {"last": ("on_finish", {"said": "cancelled"})}
    assert api.detail(run_id)["status"] == "cancelled"


def test_s2_hooks__a_hook_that_fails_is_tried_again_and_never_changes_the_run(api: Api) -> None:
    with counting_server() as server:
        hook = fetch("tell", f"{server.url}/status/500", retry={"max_attempts": 2})
        hooks = {"on_success": [hook], "on_finish": [shape("last")]}
        api.apply(workflow("hooks-fail", shape("a"), hooks=hooks))
        run_id = api.run("hooks-fail")
        hooks_of(api, run_id, "tell", "last")
        assert server.count("/status/500") == 2
    detail = api.detail(run_id)
    assert detail["status"] == "completed"
    (tell, _) = sorted(detail["hooks"], key=lambda hook: hook["name"] != "tell")
    assert (tell["status"], tell["attempts"]) == ("failed", 2)


@pytest.mark.parametrize(
    ("hooks", "place"),
    [
        ({"on_finish": [delay("wait")]}, "hooks.on_finish[0].action"),
        ({"on_finish": [shape("b", depends_on=[])]}, "hooks.on_finish[0].depends_on"),
        ({"on_finish": [shape("a")]}, "hooks.on_finish[0].name"),
        (
            {"on_success": [shape("b", {"x": "{{ steps.c.output }}"})]},
            "hooks.on_success[0].params.x",
        ),
        ({"on_start": []}, "hooks.on_start"),
    ],
)
def test_s2_hooks__what_cannot_be_is_refused_with_its_place(
    api: Api, hooks: dict[str, Any], place: str
) -> None:
    answer = api.put("hooks-wrong", workflow("hooks-wrong", shape("a"), hooks=hooks))
    assert places(problem(answer, 422, "validation-error", "errors")) == [place]


def test_s2_hooks__a_run_that_is_a_retry_has_hooks_too(
    stack: RunningStack,
) -> None:
    api = stack.api
    api.apply(workflow("hooks-retry", shape("a", {"x": "{{ int('no') }}"}), hooks=HOOKS))
    run_id = api.run("hooks-retry")
    api.ended(run_id)
    retried = api.post(f"/api/v1/executions/{run_id}/retry").json()["execution_id"]
    api.ended(retried)
    hooks_of(api, retried, "bad", "last")
