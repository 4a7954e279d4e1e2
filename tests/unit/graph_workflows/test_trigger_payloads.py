"""The root of a graph as a trigger: what may stand there, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.api.v1.examples import GRAPH
from chalicelib.core.graph_workflows.content import all_problems, checked
from chalicelib.core.graph_workflows.triggers import Limits, limits_of, source_of, triggers_of_graph
from chalicelib.core.graphs.problems import InvalidGraph
from tests.support.graphs import clocked, graph, hooked, log


def fields(definition: Any, name: str | None = "w") -> list[str]:
    return [f"{found.type}:{found.field}" for found in all_problems(definition, name)]


def test_the_example_of_the_documents_is_a_graph_without_problems() -> None:
    assert fields(GRAPH) == []


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (clocked("every day"), "root:payload.rrule"),
        (clocked("FREQ=DAILY", timezone="Mars/Olympus"), "root:payload.timezone"),
        (clocked("FREQ=DAILY", timezone=3), "root:payload.timezone"),
        (graph({"type": "cronjob"}, say=log()), "root:payload.rrule"),
        (graph({"type": "cronjob", "payload": {"rrule": 5}}, say=log()), "root:payload.rrule"),
        (clocked(cooldownMs=-1), "root:payload.cooldownMs"),
        (clocked(cooldownMs=1.5), "root:payload.cooldownMs"),
        (clocked(maxRuns=0), "root:payload.maxRuns"),
        (clocked(maxRuns=True), "root:payload.maxRuns"),
        (hooked("a/b/c/d"), "root:payload.path"),
        (hooked("../x"), "root:payload.path"),
        (hooked("orders", secret="not a name"), "root:payload.secret"),
    ],
)
def test_a_wrong_trigger_is_told_with_its_place(definition: Any, problem: str) -> None:
    assert fields(definition) == [problem]


def test_all_problems_are_told_at_once_those_of_the_graph_too() -> None:
    definition = clocked("nonsense", timezone="nowhere", maxRuns="many")
    definition["nodes"]["say"]["children"] = ["gone"]
    found = fields(definition, name="")
    assert found[0] == "name:name"
    assert {"root:payload.rrule", "root:payload.timezone", "root:payload.maxRuns"} < set(found)
    assert any(problem.startswith("connectivity:") for problem in found)
    with pytest.raises(InvalidGraph) as refused:
        checked("", "", definition)
    assert len(refused.value.graph_problems) == len(found)


def test_a_definition_may_be_a_json_text_and_is_the_same_content() -> None:
    import json

    given = clocked()
    assert checked("w", "", json.dumps(given)).hash == checked("w", "", given).hash
    assert checked("v", "", given).hash != checked("w", "", given).hash


def test_a_cronjob_is_a_rule_in_a_zone_and_utc_where_none_is_named() -> None:
    assert source_of("wf_1", clocked("FREQ=DAILY")) == {
        "triggers": [{"type": "rrule", "rrule": "FREQ=DAILY", "timezone": "UTC"}]
    }


def test_a_webhook_without_a_path_listens_at_the_workflows_id() -> None:
    (trigger,) = triggers_of_graph("org", "wf_1", hooked())
    assert (trigger.kind, trigger.content["path"]) == ("webhook", "wf_1")
    (trigger,) = triggers_of_graph("org", "wf_1", hooked("/hooks/orders", secret="s"))
    assert trigger.content == {"path": "orders", "secret": "s"}


def test_a_manual_root_triggers_nothing() -> None:
    assert triggers_of_graph("org", "wf_1", graph(say=log())) == ()


def test_limits_are_in_the_payload() -> None:
    assert limits_of(clocked(cooldownMs=1000.0, maxRuns=3)) == Limits(1000, 3)
    assert not limits_of(clocked()).some
