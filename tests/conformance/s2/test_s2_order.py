"""S2, definition: in which order steps run, and which do. Contract: steps without any `depends_on`
in the whole workflow run in order; once one step has it, the graph decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answers import instant
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, CountingServer, RunningStack, counting_server, step_of


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


def span(detail: dict[str, Any], step: str) -> tuple[Any, Any]:
    """When a step began and ended."""
    found = step_of(detail, step)
    return instant(found["started_at"]), instant(found["completed_at"])


def statuses(detail: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in detail["steps"]}


def test_s2_order__without_depends_on_steps_run_one_after_the_other(
    api: Api, server: CountingServer
) -> None:
    steps = [fetch("a", f"{server.url}/hold/a"), *(fetch(n, f"{server.url}/{n}") for n in "bc")]
    api.apply(workflow("order-sequence", *steps))
    run_id = api.run("order-sequence")
    detail = api.once(lambda: server.count("/hold/a") == 1, run_id)
    assert statuses(detail) == {"a": "running", "b": "pending", "c": "pending"}
    server.hold.set()
    detail = api.ended(run_id)
    assert statuses(detail) == dict.fromkeys("abc", "completed")
    assert [path for _, path in server.requests] == ["/hold/a", "/b", "/c"]
    assert span(detail, "a")[1] <= span(detail, "b")[0]
    assert span(detail, "b")[1] <= span(detail, "c")[0]


def test_s2_order__branches_of_a_diamond_overlap_and_their_join_waits_for_both(
    api: Api, server: CountingServer
) -> None:
    api.apply(
        workflow(
            "order-diamond",
            shape("join", depends_on=["left", "right"]),
            fetch("left", f"{server.url}/hold/left", depends_on=["start"]),
            fetch("right", f"{server.url}/hold/right", depends_on=["start"]),
            shape("start", depends_on=[]),
        )
    )
    run_id = api.run("order-diamond")
    both = ("/hold/left", "/hold/right")
    detail = api.once(lambda: all(server.count(path) == 1 for path in both), run_id)
    assert statuses(detail)["join"] == "pending"
    server.hold.set()
    detail = api.ended(run_id)
    left, right = span(detail, "left"), span(detail, "right")
    assert left[0] < right[1] and right[0] < left[1]
    assert span(detail, "start")[1] <= min(left[0], right[0])
    assert max(left[1], right[1]) <= span(detail, "join")[0]
    assert server.count("/hold/left") == server.count("/hold/right") == 1


def test_s2_order__a_step_starts_as_soon_as_its_own_dependencies_are_done(
    api: Api, server: CountingServer
) -> None:
    api.apply(
        workflow(
            "order-own",
            fetch("slow", f"{server.url}/hold"),
            shape("after-slow", depends_on=["slow"]),
            shape("quick"),
            shape("after-quick", depends_on=["quick"]),
        )
    )
    run_id = api.run("order-own")
    detail = api.until(run_id, lambda found: statuses(found)["after-quick"] == "completed")
    assert statuses(detail)["after-slow"] == "pending"
    assert statuses(detail)["slow"] in ("pending", "running")
    server.hold.set()
    assert set(statuses(api.ended(run_id)).values()) == {"completed"}


def test_s2_order__once_one_step_has_depends_on_the_others_start_at_once(
    api: Api, server: CountingServer
) -> None:
    steps = [fetch(name, f"{server.url}/hold/{name}") for name in ("one", "two", "three")]
    api.apply(workflow("order-mixed", *steps, shape("end", depends_on=["one"])))
    run_id = api.run("order-mixed")
    api.once(lambda: len(server.requests) == 3, run_id)
    server.hold.set()
    assert set(statuses(api.ended(run_id)).values()) == {"completed"}


def test_s2_order__every_step_runs_once_in_a_wide_graph(api: Api, server: CountingServer) -> None:
    names = [f"w{number}" for number in range(8)]
    steps = [fetch(name, f"{server.url}/{name}", depends_on=["start"]) for name in names]
    start, end = shape("start", depends_on=[]), shape("end", depends_on=names)
    api.apply(workflow("order-wide", start, *steps, end))
    detail = api.ended(api.run("order-wide"))
    assert set(statuses(detail).values()) == {"completed"}
    assert sorted(path for _, path in server.requests) == sorted(f"/{name}" for name in names)


def test_s2_order__branches_may_cross_without_joining(api: Api) -> None:
    """By the times: tests/conformance/compiler/test_compiled_gates_run.py."""
    steps = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    found = [shape(name, depends_on=needs) for name, needs in steps.items()]
    api.apply(workflow("order-crossing", *found))
    detail = api.ended(api.run("order-crossing"))
    assert statuses(detail) == dict.fromkeys("abcd", "completed")


def test_s2_if__a_step_whose_condition_is_false_is_skipped_and_the_rest_goes_on(
    api: Api, server: CountingServer
) -> None:
    api.apply(
        workflow(
            "order-if",
            shape("price", {"value": "{{ inputs.value }}"}),
            fetch("dear", f"{server.url}/dear", condition="steps.price.output.value > 10"),
            fetch("cheap", f"{server.url}/cheap", condition="{{ steps.price.output.value <= 10 }}"),
            shape("after", {"ran": "{{ has(steps.dear.output) }}"}),
            inputs={"value": {"type": "number"}},
        )
    )
    detail = api.ended(api.run("order-if", {"value": 5}))
    assert detail["status"] == "completed"
    assert statuses(detail) == {
        "price": "completed",
        "dear": "skipped",
        "cheap": "completed",
        "after": "completed",
    }
    assert [path for _, path in server.requests] == ["/cheap"]
    assert detail["outputs"] == {"ran": False}


def test_s2_if__a_condition_that_gives_no_boolean_fails_its_step(api: Api) -> None:
    one = shape("a", condition="inputs.value")
    api.apply(workflow("order-if-text", one, inputs={"value": {"type": "string"}}))
    detail = api.ended(api.run("order-if-text", {"value": "true"}))
    assert detail["status"] == "failed"
    assert step_of(detail, "a")["error"].startswith("expression: if: ")


def test_s2_expressions__a_lone_template_keeps_its_type_and_an_embedded_one_becomes_text(
    api: Api,
) -> None:
    data = {
        "number": 7,
        "float": 1.5,
        "yes": True,
        "nothing": None,
        "list": [1, "a"],
        "map": {"k": 1},
    }
    lone = {name: f"{{{{ steps.a.output.{name} }}}}" for name in data}
    inside = {f"in-{name}": f"<{{{{ steps.a.output.{name} }}}}>" for name in data}
    api.apply(workflow("order-types", shape("a", data), shape("b", {**lone, **inside})))
    detail = api.ended(api.run("order-types"))
    expected = {
        **data,
        "in-number": "<7>",
        "in-float": "<1.5>",
        "in-yes": "<true>",
        "in-nothing": "<>",
        "in-list": '<[1,"a"]>',
        "in-map": '<{"k":1}>',
    }
    assert detail["outputs"] == expected
    assert type(detail["outputs"]["number"]) is int


def test_s2_expressions__see_inputs_steps_env_trigger_and_execution(api: Api) -> None:
    api.apply(
        workflow(
            "order-context",
            shape("with-dash", {"x": 1}),
            shape(
                "b",
                {
                    "input": "{{ inputs.who.toUpper() }}",
                    "dash": "{{ steps.with-dash.output.x + steps['with-dash'].output.x }}",
                    "env": "{{ env.STAGE }}",
                    "trigger": "{{ trigger.type }}",
                    "triggered": "{{ inputs.trigger.type }}",
                    "id": "{{ execution.id }}",
                    "error": "{{ steps.with-dash.error }}",
                    "json": "{{ jsonDecode('[1,2]') }}",
                    "default": "{{ steps.with-dash.output.missing.default('none') }}",
                },
            ),
            inputs={"who": {"type": "string"}},
            env={"STAGE": "prod"},
        )
    )
    run_id = api.run("order-context", {"who": "Ada"})
    assert api.ended(run_id)["outputs"] == {
        "input": "ADA",
        "dash": 2,
        "env": "prod",
        "trigger": "api",
        "triggered": "api",
        "id": run_id,
        "error": None,
        "json": [1, 2],
        "default": "none",
    }


def test_s2_expressions__values_are_not_searched_for_templates_again(api: Api) -> None:
    one = shape("a", {"text": "{{ inputs.text }}"})
    api.apply(workflow("order-once", one, inputs={"text": {"type": "string"}}))
    text = "{{ execution.id }} {{ 1/0 }}"
    assert api.ended(api.run("order-once", {"text": text}))["outputs"] == {"text": text}


def test_s2_expressions__one_that_cannot_be_computed_fails_its_step_and_run(api: Api) -> None:
    one = shape("a", {"x": "{{ 10 / inputs.by }}"}, retry={"max_attempts": 3})
    api.apply(workflow("order-divide", one, shape("b"), inputs={"by": {"type": "number"}}))
    detail = api.ended(api.run("order-divide", {"by": 0}))
    assert (detail["status"], statuses(detail)) == ("failed", {"a": "failed", "b": "skipped"})
    found = step_of(detail, "a")
    assert found["error"].startswith("expression: ")
    assert found["attempts"] == 1


def test_s2_outputs__that_cannot_be_computed_fail_the_run(api: Api) -> None:
    one = workflow("order-outputs", shape("a"), outputs={"x": "{{ steps.a.output.missing }}"})
    api.apply(one)
    detail = api.ended(api.run("order-outputs"))
    assert detail["status"] == "failed"
    assert detail["error"].startswith("outputs: ")


def test_s2_delay__waits_at_least_as_long_as_it_says(api: Api) -> None:
    past = {"name": "past", "action": "delay", "params": {"until": "2020-01-01T00:00:00Z"}}
    api.apply(workflow("order-delay", delay("wait", "1s"), past, shape("a")))
    detail = api.ended(api.run("order-delay"))
    began, ended = span(detail, "wait")
    assert (ended - began).total_seconds() >= 1
    assert ended <= span(detail, "past")[0] <= span(detail, "a")[0]
    assert instant(step_of(detail, "wait")["output"]["until"]) <= ended
