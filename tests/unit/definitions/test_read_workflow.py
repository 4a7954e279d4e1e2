"""A document to a plan, or to every problem it has."""

from __future__ import annotations

import pytest
from definition_fakes import Actions, not_built, problems, read, refused
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.definitions.parse import Document
from chalicelib.core.definitions.workflow import read_workflow
from chalicelib.core.errors import Invalid, NotBuilt
from chalicelib.core.plan import InputSpec, RetryPolicy


def steps(*lines: str) -> str:
    """A workflow of steps in flow style; the action is `transform` unless they say otherwise."""
    listed = "\n".join(
        f"  - {{{line}{'' if 'action:' in line else ', action: transform'}}}" for line in lines
    )
    return f"name: x\nsteps:\n{listed}\n"


def depends(text: str) -> dict[str, tuple[str, ...]]:
    return {step.name: step.depends_on for step in read(text).steps}


def test_the_whole_format_becomes_a_plan() -> None:
    plan = read("""
name: daily-report
description: Hello
inputs:
  city: {type: string, description: Where}
  days: {type: number, default: 3}
env: {BASE: https://example.com}
timeout: 1h30m
steps:
  - name: fetch
    action: http/request
    params: {url: "{{ env.BASE }}/{{ inputs.city }}"}
    retry: {max_attempts: 3, interval: 1500ms, backoff: exponential}
    timeout: 90s
  - name: sum-up
    action: transform
    if: steps.fetch.output.status == 200
    params: {body: "{{ steps.fetch.output.body }}"}
outputs: {text: "{{ steps.sum-up.output.body }}"}
""")
    assert plan.name == "daily-report"
    assert plan.timeout_seconds == 5_400
    assert plan.env == {"BASE": "https://example.com"}
    assert plan.inputs == (
        InputSpec("city", "string", "Where"),
        InputSpec("days", "number", default=3, has_default=True),
    )
    fetch, sum_up = plan.steps
    assert fetch.retry == RetryPolicy(3, 2, 2.0)
    assert fetch.timeout_seconds == 90
    assert sum_up.depends_on == ("fetch",)
    assert sum_up.condition == "steps.fetch.output.status == 200"
    assert plan.outputs == {"text": "{{ steps.sum-up.output.body }}"}
    assert type(plan).from_dict(plan.to_dict()) == plan


def test_steps_without_any_depends_on_run_in_order() -> None:
    assert depends(steps("name: a", "name: b", "name: c")) == {"a": (), "b": ("a",), "c": ("b",)}


def test_once_a_step_has_depends_on_the_graph_decides() -> None:
    text = steps("name: a", "name: b", "name: c, depends_on: [a]")
    assert depends(text) == {"a": (), "b": (), "c": ("a",)}


def test_an_empty_depends_on_counts_as_having_one() -> None:
    assert depends(steps("name: a", "name: b, depends_on: []")) == {"a": (), "b": ()}


def test_every_problem_comes_at_once_with_its_line_in_the_order_of_lines() -> None:
    refusal = refused("""name: Bad
timeout: 30
steps:
  - name: a
    action: http/reqest
    dependson: [b]
  - name: b
    action: http/request
    depends_on: [aa]
    if: "steps.nope.output"
""")
    assert [(problem.line, problem.location) for problem in refusal.problems] == [
        (1, "name"),
        (2, "timeout"),
        (5, "steps[0].action"),
        (6, "steps[0].dependson"),
        (7, "steps[1].params.url"),
        (9, "steps[1].depends_on[0]"),
        (10, "steps[1].if"),
    ]
    assert refusal.detail == "The definition has 7 problems."
    assert refusal.extra["errors"][3] == {
        "location": "steps[0].dependson",
        "message": "unknown member `dependson`; did you mean `depends_on`?",
        "line": 6,
    }


def test_unknown_names_come_with_suggestions() -> None:
    found = problems(
        steps(
            "name: fetch, action: http/reqest",
            "name: use, depends_on: [fetsh], retry: {max_atempts: 2}",
        )
    )
    assert found["steps[0].action"] == "unknown action `http/reqest`; did you mean `http/request`?"
    assert found["steps[1].depends_on[0]"] == "unknown step `fetsh`; did you mean `fetch`?"
    assert found["steps[1].retry.max_atempts"].endswith("did you mean `max_attempts`?")


def test_types_are_strict() -> None:
    found = problems("name: 5\nsteps: [{name: a, action: transform, params: [], timeout: 30}]")
    assert found == {
        "name": "must be text, not a number",
        "steps[0].params": "must be an object, not a list",
        "steps[0].timeout": "must be text, not a number",
    }


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("steps: [{name: a, action: transform}]", "name"),
        ("name: x", "steps"),
        ("name: x\nsteps: []", "steps"),
        ("name: x\nsteps: [{action: transform}]", "steps[0].name"),
        ("name: x\nsteps: [{name: a}]", "steps[0].action"),
        ("name: x\nsteps: [5]", "steps[0]"),
        ("name: x\nsteps: {}", "steps"),
        (steps("name: A"), "steps[0].name"),
        (steps(f"name: {'a' * 61}"), "steps[0].name"),
        (steps('name: "a\\n"'), "steps[0].name"),
        (steps("name: a, if: ''"), "steps[0].if"),
        (steps("name: a, retry: {max_attempts: 0}"), "steps[0].retry.max_attempts"),
        (steps("name: a, retry: {max_attempts: 101}"), "steps[0].retry.max_attempts"),
        (steps("name: a, retry: {max_attempts: true}"), "steps[0].retry.max_attempts"),
        (steps("name: a, retry: {backoff: linear}"), "steps[0].retry.backoff"),
        (steps("name: a, retry: {interval: 2h}"), "steps[0].retry.interval"),
        (steps("name: a, retry: {interval: 0s}"), "steps[0].retry.interval"),
        (steps("name: a, timeout: 500ms"), "steps[0].timeout"),
        (steps("name: a, timeout: 1500ms"), "steps[0].timeout"),
        (steps("name: a, timeout: 901s"), "steps[0].timeout"),
        (steps("name: a, action: delay, timeout: 366d"), "steps[0].timeout"),
        (steps("name: a") + "timeout: 366d", "timeout"),
        (steps("name: a") + "timeout: soon", "timeout"),
        (steps("name: a") + "env: {A: 1}", "env.A"),
        (steps("name: a") + "env: {a-b: x}", "env.a-b"),
        (steps("name: a") + "inputs: {a b: {}}", 'inputs["a b"]'),
        (steps("name: a") + "inputs: {n: {type: text}}", "inputs.n.type"),
        (steps("name: a") + "inputs: {n: {type: number, default: '1'}}", "inputs.n.default"),
        (steps("name: a") + "inputs: {n: {default: null}}", "inputs.n.default"),
        (steps("name: a") + "inputs: {trigger: {}}", "inputs.trigger"),
        (steps("name: a") + "outputs: {n: 1}", "outputs.n"),
        (steps("name: a") + "on_limit: drop", "on_limit"),
        (
            steps("name: a") + "triggers: [{type: cron, schedule: '* * * *'}]",
            "triggers[0].schedule",
        ),
        (steps("name: a") + "triggers: [{type: webhook, path: a b}]", "triggers[0].path"),
        (steps("name: a") + "triggers: [{type: clock}]", "triggers[0]"),
        (steps("name: a") + "hooks: {on_finish: [{name: h}]}", "hooks.on_finish[0].action"),
    ],
)
def test_one_wrong_member_is_one_problem_at_its_place(text: str, location: str) -> None:
    assert list(problems(text)) == [location]


@pytest.mark.parametrize("value", [None, [], "x", 5, True])
def test_a_definition_that_is_no_object_is_invalid(value: object) -> None:
    with pytest.raises(Invalid):
        read_workflow(Document(value), actions=Actions())


def test_delays_may_have_longer_timeouts_than_lambda() -> None:
    assert read(steps("name: a, action: delay, timeout: 30d")).steps[0].timeout_seconds == 2_592_000


def test_double_names_are_told_where_the_second_is() -> None:
    found = problems(steps("name: a", "name: b", "name: a"))
    assert found == {"steps[2].name": "another step is named `a`"}


def test_a_cycle_is_named() -> None:
    found = problems(steps("name: a, depends_on: [b]", "name: b, depends_on: [a]"))
    assert found == {"steps[0].depends_on": "these steps wait for each other: `a -> b -> a`"}


def test_a_step_cannot_wait_for_itself_or_twice_for_another() -> None:
    found = problems(steps("name: a", "name: b, depends_on: [b, a, a]"))
    assert found == {
        "steps[1].depends_on[0]": "a step cannot wait for itself",
        "steps[1].depends_on[2]": "`a` is listed twice",
    }


GRAPH = ("name: a", "name: b, depends_on: [a]", "name: side, depends_on: [a]")


def test_expressions_may_name_steps_that_are_done_also_indirectly() -> None:
    text = steps(*GRAPH, "name: end, depends_on: [b], params: {x: '{{ steps.a.output }}'}")
    assert read(text).step("end").params == {"x": "{{ steps.a.output }}"}


def test_expressions_may_not_name_steps_beside_or_after() -> None:
    found = problems(
        steps(
            "name: a, params: {x: ['{{ steps.end.output }}']}",
            *GRAPH[1:],
            "name: end, depends_on: [b], if: steps.side.output.ok",
        )
    )
    assert set(found) == {"steps[0].params.x[0]", "steps[3].if"}
    assert all("need not be done by then" in message for message in found.values())


def test_expressions_may_not_name_their_own_step_or_an_unknown_one() -> None:
    found = problems(
        steps("name: fetch, if: steps.fetch.output", "name: b, if: steps.fetsh.output")
    )
    assert found["steps[0].if"] == "a step cannot use its own result"
    assert "did you mean `fetch`?" in found["steps[1].if"]


def test_expressions_have_to_compile() -> None:
    found = problems(
        steps("name: a, if: '1 +', params: {x: '{{ nope( }}', y: '{{ open'}")
        + "outputs: {x: '{{ ) }}'}"
    )
    assert set(found) == {"steps[0].if", "steps[0].params.y", "outputs.x"}
    found = problems(steps("name: a, params: {x: '{{ nope( }}'}"))
    assert "column" in found["steps[0].params.x"]


def test_a_condition_may_be_wrapped_whole() -> None:
    assert read(steps("name: a, if: '{{ true }}'")).steps[0].condition == "{{ true }}"


def test_outputs_may_name_any_step_and_no_other() -> None:
    text = steps(*GRAPH) + "outputs: {x: '{{ steps.side.output }}', y: '{{ steps.nope.output }}'}"
    assert list(problems(text)) == ["outputs.y"]


def test_what_is_not_built_is_named_place_by_place() -> None:
    text = """name: x
hooks:
  on_failure: [{name: tell, action: transform, params: {later: 1, x: "{{ steps.a.error }}"}}]
steps:
  - {name: a, action: transform, credential: key, params: {later: 1}}
"""
    assert not_built(text) == [
        "hooks.on_failure[0].params.later",
        "steps[0].params.later",
    ]


def test_what_is_wrong_comes_before_what_is_not_built() -> None:
    text = "name: x\non_limit: queue\nsteps: [{name: A, action: z}]"
    assert set(problems(text)) == {"steps[0].name", "steps[0].action"}


def test_members_that_are_written_but_unused_are_fine() -> None:
    text = "triggers: []\nhooks: {on_success: []}\n" + steps("name: a, continue_on_error: false")
    assert read(text).steps


def test_going_on_after_an_error_is_part_of_the_plan() -> None:
    going_on, stopping = read(
        steps("name: a, continue_on_error: true", "name: b, continue_on_error: false")
    ).steps
    assert (going_on.continue_on_error, stopping.continue_on_error) == (True, False)


def test_planned_actions_are_not_built_rather_than_unknown() -> None:
    document = Document({"name": "x", "steps": [{"name": "a", "action": "ai/embed"}]})
    with pytest.raises(NotBuilt):
        read_workflow(document, actions=Actions(), planned_actions={"ai/embed"})


def test_the_steps_of_hooks_are_checked_like_others() -> None:
    found = problems(
        steps("name: a")
        + "hooks: {on_finish: [{name: a, action: http/request, if: steps.zz.output, iff: x}]}"
    )
    assert set(found) == {
        "hooks.on_finish[0].name",
        "hooks.on_finish[0].params.url",
        "hooks.on_finish[0].if",
        "hooks.on_finish[0].iff",
    }


def test_thousands_of_wrong_names_do_not_take_minutes() -> None:
    lines = [f"name: s{place}, depends_on: [t{place}, u{place}]" for place in range(1_000)]
    assert len(problems(steps(*lines))) == 2_000


def test_more_than_five_thousand_expressions_are_refused_at_the_first_too_many() -> None:
    listed = ", ".join(["'{{ 1 }}{{ 2 }}'"] * 2_500)
    text = steps(f"name: a, params: {{x: [{listed}]}}")
    assert read(text)
    assert list(problems(text + "outputs: {y: '{{ 1 }}', z: '{{ 2 }}'}")) == ["outputs.y"]


@given(st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_steps_is_kept_whatever_the_graph(names: list[str]) -> None:
    text = steps(*(f"name: {name}, depends_on: []" for name in names))
    assert [step.name for step in read(text).steps] == names


def test_expressions_name_declared_inputs_only() -> None:
    text = """name: x
inputs: {limit: {type: number}}
outputs: {o: "{{ inputs.limt }}"}
steps:
  - name: a
    action: transform
    if: inputs.limit > 1 && has(inputs.trigger.type)
    params: {x: "{{ inputs.other }}"}
"""
    assert set(problems(text)) == {"outputs.o", "steps[0].params.x"}
    assert "did you mean `limit`?" in problems(text)["outputs.o"]
