"""S2, triggers: each fires on the local stack. (Contract: cron with a time zone through EventBridge
Scheduler; each occurrence starts at most one run, by name; what triggered is in `trigger`.)

The cron here is one of every minute, and the emulator looks every ten seconds, so its test takes up
to 80 s: it is applied first of all and looked at last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import shape, workflow
from tests.support.faults import eventually
from tests.support.stack import Api, RunningStack

MINUTELY = workflow(
    "triggers-minutely",
    shape("told", {"by": "{{ trigger }}", "same": "{{ inputs.trigger.time }}"}),
    inputs={"who": {"default": "you"}},
    triggers=[{"type": "cron", "schedule": "* * * * *", "timezone": "Asia/Kathmandu"}],
)


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture(scope="module", autouse=True)
def minutely(api: Api) -> Iterator[None]:
    api.apply(MINUTELY)
    yield
    api.call("DELETE", "/api/v1/workflows/triggers-minutely")


def schedules(stack: RunningStack) -> dict[str, dict[str, Any]]:
    """The stage's schedules by what they are described as: organisation and workflow."""
    client = stack.local.session.client("scheduler")
    group = "runyard-local"
    listed = client.list_schedules(GroupName=group)["Schedules"]
    found = [client.get_schedule(Name=one["Name"], GroupName=group) for one in listed]
    return {schedule["Description"]: schedule for schedule in found}


def runs_of(api: Api, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/v1/executions?workflow={name}").json()[
        "executions"
    ]
    return found


def cron(name: str, schedule: str, **more: Any) -> dict[str, Any]:
    return workflow(name, shape("a"), triggers=[{"type": "cron", "schedule": schedule, **more}])


def test_s2_triggers__schedules_follow_apply_rollback_and_archive(
    stack: RunningStack, api: Api
) -> None:
    name, described = "triggers-follow", "org_local triggers-follow"

    def expression() -> str | None:
        found = schedules(stack).get(described)
        return found["ScheduleExpression"] if found else None

    api.apply(cron(name, "30 9 * * 1-5", timezone="Europe/Berlin"))
    assert expression() == "cron(30 9 ? * MON,TUE,WED,THU,FRI *)"
    assert schedules(stack)[described]["ScheduleExpressionTimezone"] == "Europe/Berlin"
    api.apply(cron(name, "0 1 * * *"))
    assert expression() == "cron(0 1 * * ? *)"
    answer = api.post(f"/api/v1/workflows/{name}/rollback", json={"to_version": 1})
    assert answer.status_code == 201
    assert expression() == "cron(30 9 ? * MON,TUE,WED,THU,FRI *)"
    api.apply(workflow(name, shape("a")))
    assert expression() is None
    api.apply(cron(name, "0 2 * * *"))
    assert api.call("DELETE", f"/api/v1/workflows/{name}").status_code == 200
    assert expression() is None


@pytest.mark.parametrize(
    ("trigger", "place", "message"),
    [
        ({"schedule": "0 25 * * *"}, "triggers[0].schedule", "hour"),
        ({"schedule": "0 0 */2 * 1"}, "triggers[0].schedule", "at once"),
        ({"schedule": "0 0 L * *"}, "triggers[0].schedule", "no Unix cron"),
        ({"schedule": "0 9 * * *", "timezone": "Mars/Base"}, "triggers[0].timezone", "IANA"),
    ],
)
def test_s2_triggers__a_cron_that_cannot_be_kept_is_422(
    api: Api, trigger: dict[str, str], place: str, message: str
) -> None:
    definition = workflow("triggers-bad", shape("a"), triggers=[{"type": "cron", **trigger}])
    found = places(problem(api.put("triggers-bad", definition), 422, "validation-error", "errors"))
    assert message in found[place]
    problem(api.get("/api/v1/workflows/triggers-bad"), 404, "not-found")


def test_s2_triggers__an_input_without_default_is_422(api: Api) -> None:
    definition = cron("triggers-bad", "0 9 * * *") | {"inputs": {"who": {}}}
    found = places(problem(api.put("triggers-bad", definition), 422, "validation-error", "errors"))
    assert "default" in found["inputs.who"]


def test_s2_triggers__the_same_occurrence_twice_is_one_run(stack: RunningStack, api: Api) -> None:
    api.apply(cron("triggers-twice", "0 9 * * *"))
    call = json.loads(schedules(stack)["org_local triggers-twice"]["Target"]["Input"])
    due = {**call, "scheduled": "2026-03-18T09:00:00Z"}
    first, again = stack.invoke("FireTrigger", due), stack.invoke("FireTrigger", due)
    assert first == again
    assert [run["id"] for run in runs_of(api, "triggers-twice")] == [first["run_id"]]
    assert api.ended(first["run_id"])["status"] == "completed"


def event(name: str, pattern: dict[str, Any]) -> dict[str, Any]:
    step = shape("told", {"order": "{{ trigger.payload.detail.order }}"})
    return workflow(name, step, triggers=[{"type": "event", "pattern": pattern}])


def put_event(stack: RunningStack, source: str, **detail: Any) -> str:
    """Put an event on the default bus; its id."""
    entry = {"Source": source, "DetailType": "Order", "Detail": json.dumps(detail)}
    answer = stack.local.session.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    return str(answer["Entries"][0]["EventId"])


def rules(stack: RunningStack) -> list[str]:
    """What the rules of event triggers are described as."""
    found = stack.local.session.client("events").list_rules(NamePrefix="runyard-local-")["Rules"]
    return [rule.get("Description", "") for rule in found]


def test_s2_triggers__an_event_on_the_bus_starts_one_run(stack: RunningStack, api: Api) -> None:
    name = "triggers-event"
    api.apply(
        event(name, {"source": ["shop.orders"], "detail": {"total": [{"numeric": [">", 9]}]}})
    )
    put_event(stack, "shop.orders", order=1, total=5)
    put_event(stack, "shop.others", order=2, total=50)
    event_id = put_event(stack, "shop.orders", order=3, total=10)
    eventually("the event started a run", lambda: runs_of(api, name) != [])
    detail = api.ended(runs_of(api, name)[0]["id"])
    assert detail["outputs"] == {"order": 3}
    assert detail["trigger"]["type"] == "event"
    payload = detail["trigger"]["payload"]
    assert (payload["id"], payload["source"]) == (event_id, "shop.orders")
    assert payload["detail"] == {"order": 3, "total": 10}
    assert len(runs_of(api, name)) == 1


def test_s2_triggers__an_event_that_is_delivered_twice_starts_one_run(
    stack: RunningStack, api: Api
) -> None:
    name = "triggers-event"
    api.apply(
        event(name, {"source": ["shop.orders"], "detail": {"total": [{"numeric": [">", 9]}]}})
    )
    put_event(stack, "shop.orders", order=4, total=10)
    started = "the event started a run"
    eventually(started, lambda: api.detail(runs_of(api, name)[0]["id"])["outputs"] == {"order": 4})
    first = api.detail(runs_of(api, name)[0]["id"])
    client = stack.local.session.client("events")
    (rule,) = [
        found["Name"]
        for found in client.list_rules(NamePrefix="runyard-local-")["Rules"]
        if found.get("Description") == f"org_local {name}"
    ]
    (target,) = client.list_targets_by_rule(Rule=rule)["Targets"]
    place = "<aws.events.event.json>"
    template = target["InputTransformer"]["InputTemplate"]
    call = json.loads(template.replace(place, json.dumps(first["trigger"]["payload"])))
    count = len(runs_of(api, name))
    assert stack.invoke("FireTrigger", call) == {"run_id": first["id"]}
    assert len(runs_of(api, name)) == count


def test_s2_triggers__rules_follow_apply_and_archive(stack: RunningStack, api: Api) -> None:
    name, described = "triggers-rules", "org_local triggers-rules"
    api.apply(event(name, {"source": ["one"]}))
    assert rules(stack).count(described) == 1
    api.apply(event(name, {"source": ["two"]}))
    assert rules(stack).count(described) == 1
    api.call("DELETE", f"/api/v1/workflows/{name}")
    assert rules(stack).count(described) == 0


@pytest.mark.parametrize(
    ("pattern", "place", "message"),
    [
        ({"detail-type": ["Order"]}, "triggers[0].pattern", "`source`"),
        ({"source": ["x" * 2048]}, "triggers[0].pattern", "2,048"),
        ({"source": ["x"], "detail": {"a": [{"nearly": 1}]}}, "triggers", "nearly"),
        ({"source": ["x"], "detail": {"a": []}}, "triggers", "mpty"),
    ],
)
def test_s2_triggers__a_pattern_that_cannot_be_used_is_422(
    api: Api, pattern: dict[str, Any], place: str, message: str
) -> None:
    answer = api.put("triggers-bad", event("triggers-bad", pattern))
    found = places(problem(answer, 422, "validation-error", "errors"))
    assert message in found[place]
    problem(api.get("/api/v1/workflows/triggers-bad"), 404, "not-found")


def test_s2_triggers__are_listed_with_the_next_time(api: Api, viewer: Api, stranger: Api) -> None:
    path = "/api/v1/workflows/triggers-listed/triggers"
    pattern = {"source": ["shop"]}
    triggers = [
        {"type": "cron", "schedule": "0 0 1 1 *", "timezone": "Asia/Tokyo"},
        {"type": "event", "pattern": pattern},
        {"type": "webhook", "path": "/hooks/listed", "secret": "key"},
    ]
    api.apply(workflow("triggers-listed", shape("a"), triggers=triggers))
    cron_line, event_line, hook_line = viewer.get(path).json()["triggers"]
    assert cron_line["next_at"].endswith("-12-31T15:00:00.000Z")
    assert (event_line["pattern"], event_line["next_at"]) == (pattern, None)
    assert (hook_line["path"], hook_line["secret"]) == ("listed", "key")
    assert all(line["active"] for line in (cron_line, event_line, hook_line))
    problem(stranger.get(path), 404, "not-found")
    api.call("DELETE", "/api/v1/workflows/triggers-listed")
    problem(viewer.get(path), 404, "not-found")


def test_s2_triggers__a_cron_fires_every_minute(api: Api) -> None:
    """Up to 80 s less what the tests before took."""
    eventually("the clock started a run", lambda: runs_of(api, "triggers-minutely") != [], 180)
    detail = api.ended(runs_of(api, "triggers-minutely")[-1]["id"])
    assert detail["status"] == "completed", detail
    trigger = detail["trigger"]
    assert (trigger["type"], trigger["timezone"]) == ("cron", "Asia/Kathmandu")
    assert trigger["time"].endswith(":00.000Z")
    assert detail["inputs"] == {"who": "you"}
    assert detail["outputs"] == {"by": trigger, "same": trigger["time"]}
    assert set(trigger) >= {"type", "path", "payload", "headers"}
    times = [api.detail(run["id"])["trigger"]["time"] for run in runs_of(api, "triggers-minutely")]
    assert len(times) == len(set(times))
