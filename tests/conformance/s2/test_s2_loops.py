"""Ours, in S2's definitions: `for_each` runs a step's action once for each item of a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, CountingServer, RunningStack, counting_server, step_of

PATIENCE = 200.0
"""Seconds: a loop is many calls, and a machine that does other things too takes seconds for each."""


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


def run_one(api: Api, name: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    api.apply(workflow(name, *steps, **more))
    return api.ended(api.run(name), PATIENCE)


def test_s2_for_each__the_outputs_of_all_items_are_the_steps_output_in_order(api: Api) -> None:
    detail = run_one(
        api,
        "loop-order",
        shape("words", {"list": ["ant", "bee", "cat"]}),
        shape(
            "each",
            {"said": "{{ index }}: {{ item.toUpper() }}", "last": "{{ index == 2 }}"},
            for_each="{{ steps.words.output.list }}",
            condition="size(steps.words.output.list) == 3",
        ),
        shape("after", {"all": "{{ steps.each.output.map(one, one.said) }}"}),
        outputs={"all": "{{ steps.after.output.all }}"},
    )
    assert detail["status"] == "completed", detail
    each = step_of(detail, "each")
    assert [one["last"] for one in each["output"]] == [False, False, True]
    assert each["iterations"] == {"total": 3, "succeeded": 3, "failed": 0}
    assert detail["outputs"] == {"all": ["0: ANT", "1: BEE", "2: CAT"]}
    assert step_of(detail, "words")["iterations"] is None


def test_s2_for_each__no_items_is_an_empty_list_and_a_false_if_skips_the_loop(api: Api) -> None:
    detail = run_one(
        api,
        "loop-empty",
        shape("none", {"x": "{{ item }}"}, for_each="[]"),
        shape("unwanted", {"x": "{{ item }}"}, for_each="[1]", condition="false"),
        shape("after", {"size": "{{ size(steps.none.output) }}"}),
    )
    assert detail["status"] == "completed"
    none, unwanted = step_of(detail, "none"), step_of(detail, "unwanted")
    assert (none["status"], none["output"]) == ("completed", [])
    assert (unwanted["status"], unwanted["output"]) == ("skipped", None)
    assert step_of(detail, "after")["output"] == {"size": 0}


@pytest.mark.parametrize(
    ("each", "why"),
    [
        ("inputs.list", "not_a_list: for_each gives text, not a list"),
        ("[1, 2, 3]", "too_many_items: for_each gives 3 items; at most 2 are possible"),
    ],
)
def test_s2_for_each__what_is_no_list_or_too_long_fails_the_step_at_once(
    api: Api, each: str, why: str
) -> None:
    step = shape("each", {"x": "{{ item }}"}, for_each=each, max_items=2)
    step["retry"] = {"max_attempts": 3}
    detail = run_one(api, "loop-wrong", step, inputs={"list": {"default": "abc"}})
    found = step_of(detail, "each")
    assert (detail["status"], found["status"], found["attempts"]) == ("failed", "failed", 1)
    assert found["error"] == why
    assert detail["error"] == f"step each failed: {why}"


def test_s2_for_each__retry_is_each_items_own_and_an_item_that_fails_fails_the_step(
    api: Api, server: CountingServer
) -> None:
    paths = ["/flaky/1", "/status/500", "/fine"]
    step = fetch(
        "each",
        f"{server.url}{{{{ item }}}}",
        for_each="inputs.trigger.type == 'api' ? env.PATHS.split(' ') : []",
        max_concurrency=1,
        retry={"max_attempts": 2},
    )
    detail = run_one(
        api, "loop-retry", step, fetch("later", server.url), env={"PATHS": " ".join(paths)}
    )
    found = step_of(detail, "each")
    assert (detail["status"], found["status"]) == ("failed", "failed")
    why = f"item 1: http_status: GET {server.url}/status/500 answered 500"
    assert found["error"] == why
    assert detail["error"] == f"step each failed: {why}"
    assert found["iterations"] == {"total": 3, "succeeded": 1, "failed": 1}
    assert [server.count(path) for path in paths] == [2, 2, 0]
    assert step_of(detail, "later")["status"] == "skipped"


def test_s2_for_each__a_timeout_is_each_items_own_and_the_run_can_go_on(
    api: Api, server: CountingServer
) -> None:
    step = fetch(
        "each",
        f"{server.url}/{{{{ item }}}}",
        for_each="['fine', 'hold']",
        timeout="2s",
        continue_on_error=True,
    )
    said = shape("after", {"why": "{{ steps.each.error }}"})
    detail = run_one(api, "loop-timeout", shape("warm"), step, said)
    assert detail["status"] == "completed", detail
    assert step_of(detail, "each")["status"] == "failed"
    assert step_of(detail, "after")["output"] == {"why": "item 1: timeout"}


def test_s2_for_each__max_concurrency_items_run_at_once_and_the_detail_counts_them(
    api: Api, server: CountingServer
) -> None:
    step = fetch(
        "each",
        f"{server.url}/{{{{ item }}}}",
        for_each="['a', 'hold1', 'hold2', 'b', 'c']",
        max_concurrency=2,
    )
    api.apply(workflow("loop-width", step))
    run_id = api.run("loop-width")
    found = api.once(lambda: server.count("/hold2") == 1, run_id, PATIENCE)
    found = api.until(
        run_id,
        lambda found: (step_of(found, "each")["iterations"] or {}).get("succeeded") == 1,
        PATIENCE,
    )
    assert step_of(found, "each")["iterations"] == {"total": 5, "succeeded": 1, "failed": 0}
    threading.Event().wait(1)  # long enough for a third one to begin, if it could
    assert server.count("/b") == 0
    server.hold.set()
    detail = api.ended(run_id, PATIENCE)
    assert detail["status"] == "completed"
    assert [one["json"]["path"] for one in step_of(detail, "each")["output"]] == [
        f"/{word}" for word in ("a", "hold1", "hold2", "b", "c")
    ]


def test_s2_for_each__a_retried_run_keeps_a_loop_that_succeeded_and_begins_one_anew_that_failed(
    api: Api, server: CountingServer
) -> None:
    done = fetch("done", f"{server.url}/done{{{{ item }}}}", for_each="[1, 2]", depends_on=[])
    torn = fetch(
        "torn",
        f"{server.url}/{{{{ item }}}}",
        for_each="['ok', 'flaky/1']",
        max_concurrency=1,
        depends_on=["done"],
    )
    first = run_one(api, "loop-again", done, torn)
    assert first["status"] == "failed"
    answer = api.post(f"/api/v1/executions/{first['id']}/retry")
    second = api.ended(answer.json()["execution_id"], PATIENCE)
    assert second["status"] == "completed", second
    kept, again = step_of(second, "done"), step_of(second, "torn")
    assert (kept["reused"], again["reused"]) == (True, False)
    assert kept["output"] == step_of(first, "done")["output"]
    assert kept["iterations"] == {"total": 2, "succeeded": 2, "failed": 0}
    assert [server.count(f"/{word}") for word in ("done1", "done2", "ok", "flaky/1")] == [
        1,
        1,
        2,
        2,
    ]


def test_s2_for_each__a_gate_waits_for_a_loop_and_before_one(api: Api) -> None:
    """a → c, a → d, b → d with a and d as loops: no nesting is exact, so d has a gate."""
    loop = {"for_each": "[1, 2]"}
    detail = run_one(
        api,
        "loop-gates",
        shape("a", {"x": "{{ item }}"}, depends_on=[], **loop),
        shape("b", depends_on=[]),
        shape("c", {"sum": "{{ steps.a.output[1].x }}"}, depends_on=["a"]),
        shape("d", {"x": "{{ item + steps.a.output[0].x }}"}, depends_on=["a", "b"], **loop),
    )
    assert detail["status"] == "completed", detail
    assert step_of(detail, "c")["output"] == {"sum": 2}
    assert step_of(detail, "d")["output"] == [{"x": 2}, {"x": 3}]


def test_s2_for_each__what_cannot_work_is_refused_with_every_place(api: Api) -> None:
    definition = workflow(
        "loop-refused",
        shape("a", {"x": "{{ item }}"}),
        shape("b", {"x": "{{ index }}"}, for_each="steps.b.output", condition="item > 1"),
        delay("c", for_each="[1]"),
        shape("d", max_items=5),
        shape("e", for_each="[1", max_concurrency=41, max_items=0),
        outputs={"x": "{{ item }}"},
    )
    answer = api.put("loop-refused", definition)
    found = places(problem(answer, 422, "validation-error", "errors"))
    assert set(found) == {
        "steps[0].params.x",
        "steps[1].for_each",
        "steps[1].if",
        "steps[2].for_each",
        "steps[3].max_items",
        "steps[4].for_each",
        "steps[4].max_concurrency",
        "steps[4].max_items",
        "outputs.x",
    }
    assert found["steps[0].params.x"] == (
        "the expression names `item`: it exists only in the `params` of a step with `for_each`"
    )


def test_s2_for_each__more_history_than_step_functions_takes_is_refused_with_numbers(
    api: Api,
) -> None:
    step = shape("each", {"x": "{{ item }}"}, for_each="[1]", retry={"max_attempts": 9})
    found = places(
        problem(
            api.put("loop-long", workflow("loop-long", step)), 422, "validation-error", "errors"
        )
    )
    assert "31,021 history events" in found["steps"] and "25,000" in found["steps"]
    assert "`max_items` items in each loop (`each`: lower it)" in found["steps"]
    step["max_items"] = 500
    api.apply(workflow("loop-long", step))
