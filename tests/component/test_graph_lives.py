"""What happens to runs of graphs beside running: retried, cancelled with what they started, deleted, and
looked at by other dialects (S1)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import (
    Conflict,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    TooLarge,
    Unauthorized,
)
from chalicelib.core.graphs import budget
from chalicelib.core.runs.model import RunStatus
from chalicelib.graph_services import nodes_run
from tests.support.followed import Machines
from tests.support.graph_runs import begin, choose, each, graph, log, node, root, states, statuses
from tests.support.graph_versions import compiled
from tests.support.world import ORG, World

BAD = node("pluck", "after", payload={"array": "{{$trigger.body.list}}", "field": "a"})


def test_a_retry_keeps_what_succeeded_and_runs_the_rest_again(world: World) -> None:
    made = graph(
        root=root("ok", "loop"),
        ok=log("once"),
        loop=each([1, 2], ["x"], "bad"),
        x=log("{{$item}}"),
        bad=BAD,
        after=log("never"),
    )
    machines = Machines(world)
    source = begin(world, made)
    assert machines.run(source) == "failed"
    machines.called.clear()
    run_id = world.services.retrier.retry(ORG, source, principal="test").run.id
    assert machines.run(run_id) == "failed"
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    assert (run.source, run.workflow, run.graph["ephemeral"]) == (source, run_id, True)
    found = states(world, run_id)
    assert found["ok"]["startedAt"] == states(world, source)["ok"]["startedAt"]
    assert [one["item"] for one in found["loop"]["iterations"]] == [1, 2]
    assert found["bad"]["startedAt"] != states(world, source)["bad"]["startedAt"]


def test_a_run_id_is_one_run_of_one_graph(world: World) -> None:
    one, other = graph(root=root("a"), a=log("1")), graph(root=root("a"), a=log("2"))
    assert begin(world, one, run_id="run_mine") == begin(world, one, run_id="run_mine")
    with pytest.raises(IdempotencyMismatch):
        begin(world, other, run_id="run_mine")
    with pytest.raises(IdempotencyMismatch):
        begin(world, one, {"x": 1}, run_id="run_mine")
    with pytest.raises(Invalid):
        begin(world, one, run_id="mine")


def test_a_definition_of_its_own_goes_with_its_run(world: World) -> None:
    made = graph(root=root("a"), a=log("x" * 120_000))
    run_id = begin(world, made)
    assert Machines(world).run(run_id) == "succeeded"
    world.services.fan_out.seal(ORG, run_id)
    version = world.services.workflows.version(ORG, run_id, 1)
    assert version is not None
    assert version.source["nodes"]["a"]["payload"]["message"] == "x" * 120_000
    world.services.deleter.delete(ORG, run_id)
    assert world.fresh().workflows.version(ORG, run_id, 1) is None


@pytest.mark.parametrize("inside", [False, True])
def test_a_cancel_takes_along_what_the_graph_has_started(world: World, *, inside: bool) -> None:
    child = compiled(
        world.services, ORG, graph(root=root("w"), w=node("wait")), workflow="wf_child"
    )
    world.services.workflows._newest_graph = lambda org, workflow: child
    starts = node("trigger-workflow", payload={"workflowId": "wf_child", "payload": {"k": 1}})
    loop = {"loop": each([1], ["t"])} if inside else {}
    made = graph(root=root("loop" if inside else "t"), t=starts, **loop)
    machines = Machines(world)
    run_id = begin(world, made)
    seen: list[str] = []

    def cancel() -> bool:
        records = [*world.services.runs.open_runs(ORG)]
        seen.extend(run.id for run in records if run.id != run_id)
        found = states(world, run_id)["t"]
        assert found["status"] == "running"
        world.services.canceller.cancel(ORG, run_id)
        raise StopIterationError

    class StopIterationError(Exception): ...

    machines.on_idle = cancel
    with pytest.raises(StopIterationError):
        machines.run(run_id)
    (child_id,) = seen
    run = world.services.runs.get(ORG, child_id)
    assert run is not None
    assert (run.status, run.parent_id) == (RunStatus.CANCELLED, run_id)
    detail = world.services.runs.detail(ORG, child_id)
    assert detail is not None
    assert detail.inputs["payload"] == {"k": 1}


def test_a_graph_waits_for_the_workflow_that_it_triggers(world: World) -> None:
    child = compiled(
        world.services, ORG, graph(root=root("a"), a=log("{{$inputs.k}}")), workflow="wf_c"
    )
    world.services.workflows._newest_graph = lambda org, workflow: child
    made = graph(
        root=root("t"),
        t=node("trigger-workflow", "b", payload={"workflowId": "wf_c", "payload": {"k": 5}}),
        b=log("{{t.result.result.message}} {{t.result.status}}"),
    )
    machines = Machines(world)
    run_id = begin(world, made)

    def run_child() -> bool:
        (other,) = [run.id for run in world.services.runs.open_runs(ORG) if run.id != run_id]
        inner = Machines(world)
        inner.sent = machines.sent
        assert inner.run(other) == "succeeded"
        world.services.fan_out.seal(ORG, other)
        return True

    machines.on_idle = run_child
    assert machines.run(run_id) == "succeeded"
    assert states(world, run_id)["b"]["result"]["message"] == "5 success"


def test_who_resumes_has_to_know_the_secret(world: World) -> None:
    made = graph(root=root("w", "a"), w=node("wait"), a=log("x"))
    run_id = begin(world, made)
    resumer = world.services.resumer
    for name in ("w", "a", "none"):
        with pytest.raises(Unauthorized):
            resumer.resume(ORG, run_id, name, "")
    with pytest.raises(NotFound):
        resumer.resume("org_other", run_id, "w", "")
    call = {"shared": "token", "local": {"n": 0}, "token": "t", **world.step_event(run_id, "w")}
    from chalicelib.workers.step import run_step

    run_step(world.services, call, lambda: 60.0)
    assert world.status(run_id) == "waiting"
    with pytest.raises(Unauthorized):
        resumer.resume(ORG, run_id, "w", "wrong")
    secret = states(world, run_id)["w"]["resume"]["secret"]
    with pytest.raises(TooLarge):
        resumer.resume(ORG, run_id, "w", secret, "x" * 300_000)
    world.services.canceller.cancel(ORG, run_id)
    resumption = resumer.resume(ORG, run_id, "w", secret)
    assert (resumption.action, resumption.reason) == ("skipped", "the run is over")


def test_two_nodes_wait_until_both_are_resumed(world: World) -> None:
    made = graph(root=root("v", "w"), v=node("wait"), w=node("wait"))
    machines = Machines(world)
    run_id = begin(world, compiled(world.services, ORG, made))
    seen: list[str] = []

    def resume() -> bool:
        seen.append(world.status(run_id))
        name = "v" if len(seen) == 1 else "w"
        secret = states(world, run_id)[name]["resume"]["secret"]
        resumer = world.services.resumer
        assert resumer.resume(ORG, run_id, name, secret).action == "resumed"
        assert resumer.resume(ORG, run_id, name, secret).action == "skipped"
        return True

    machines.on_idle = resume
    assert machines.run(run_id) == "succeeded"
    assert seen == ["waiting", "waiting"]


def test_loops_share_a_budget(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_RUN", 5)
    made = graph(
        root=root("outer"),
        outer=each([1, 2], ["inner"]),
        inner=each([1, 2], ["x"]),
        x=log("x"),
    )
    run_id = begin(world, made)
    assert Machines(world).run(run_id) == "failed"
    found = states(world, run_id)
    assert "too_many_nodes" in found["outer"]["error"]
    assert found["outer"]["iterations"][0]["nodes"]["inner"]["status"] == "success"


def test_what_has_run_is_counted_by_type(world: World) -> None:
    made = graph(
        root=root("loop", "i"),
        loop=each([1, 2, 3], ["x"]),
        x=log("x"),
        i=choose({"1": {"$eq": 1}}, "no"),
        no=log("never", branch="then"),
    )
    run_id = begin(world, made)
    assert Machines(world).run(run_id) == "succeeded"
    detail = world.services.runs.detail(ORG, run_id)
    version = world.services.workflows.version(ORG, run_id, 1)
    assert detail is not None
    assert version is not None
    assert nodes_run(world.services, version, detail) == {
        "manual": 1,
        "for-each": 1,
        "log": 3,
        "if": 1,
    }


def test_a_run_of_a_graph_is_a_run_to_every_other_dialect(world: World) -> None:
    made = graph(root=root("a"), a=log("x"))
    run_id = begin(world, made, {"k": 1})
    Machines(world).run(run_id)
    world.services.fan_out.seal(ORG, run_id)
    kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
    assert kinds == ["started", "step_started", "step_completed", "completed"]
    assert "(ephemeral)" in str(list(world.services.metrics.read(ORG)))


def test_a_finished_run_is_not_cancelled(world: World) -> None:
    run_id = begin(world, graph(root=root("a"), a=log("x")))
    Machines(world).run(run_id)
    with pytest.raises((Conflict, NotFound)):
        world.services.canceller.cancel(ORG, run_id)


def test_only_the_nodes_that_are_asked_for_are_told(world: World) -> None:
    made = graph(root=root("a", "b"), a=log("x"), b=log("y"))
    run_id = begin(world, made)
    assert statuses(states(world, run_id, node_ids={"a"})) == {"a": "pending"}


def test_props_are_seen_by_every_node(world: World) -> None:
    made: Any = graph(root=root("a"), a=log("{{$props.who}}"))
    run_id = begin(world, made, prop_values={"who": "me"})
    Machines(world).run(run_id)
    assert states(world, run_id)["a"]["result"]["message"] == "me"


class TestRunsThatAreWaitedFor:
    """S1's `/v1/runs/sync`: an Express machine."""

    def run(self, world: World, made: Any, **more: Any) -> Any:
        """moto runs no machine, so it is followed here, where the request would wait for it."""
        ran: list[str] = []

        def follow(machine: str, run_id: str, payload: Any) -> None:
            ran.append(Machines(world).run(run_id))

        world.services.machines.run = follow  # type: ignore[method-assign, assignment]
        more = {"payload": None, "trigger": {}, "principal": "test", **more}
        run = world.services.graphs.run(ORG, made, **more).run
        return run, ran

    def test_it_has_ended_when_the_answer_comes(self, world: World) -> None:
        made = graph(
            root=root("a", "b"), a=log("x", "c"), b=log("y", "c"), c=log("{{a.result.message}}")
        )
        run, ran = self.run(world, made)
        assert (run.status.value, ran) == ("succeeded", ["succeeded"])
        assert states(world, run.id)["c"]["result"]["message"] == "x"

    def test_a_failure_is_an_answer(self, world: World) -> None:
        run, _ = self.run(world, graph(root=root("bad"), bad=BAD, after=log("x")))
        assert run.status.value == "failed"

    def test_its_machine_is_an_express_one(self, world: World) -> None:
        name = world.services.sync_machine
        client = world.services.client("stepfunctions")
        arn = world.services.machines._arn("stateMachine", name)
        assert client.describe_state_machine(stateMachineArn=arn)["type"] == "EXPRESS"

    @pytest.mark.parametrize(
        "made",
        [
            graph(root=root("w"), w=node("wait")),
            graph(root=root("l"), l=each([1], ["x"]), x=log("x")),
            graph(root=root("t"), t=node("trigger-workflow", payload={"workflowId": "wf_x"})),
            graph(
                root=root(*[f"n{n}" for n in range(21)]), **{f"n{n}": log("x") for n in range(21)}
            ),
        ],
    )
    def test_what_takes_long_is_refused(self, world: World, made: Any) -> None:
        with pytest.raises(Invalid):
            self.run(world, made)
        assert list(world.services.runs.open_runs(ORG)) == []

    def test_one_that_broke_off_has_failed_after_its_time(self, world: World) -> None:
        world.services.machines.run = lambda *_: None  # type: ignore[method-assign]
        made = graph(root=root("a"), a=log("x"))
        run = world.services.graphs.run(ORG, made, payload=None, trigger={}, principal="test").run
        assert run.live
        world.clock.forward(seconds=30)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert world.status(run.id) == "running"
        world.clock.forward(seconds=60)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert world.status(run.id) == "failed"
        world.clock.forward(seconds=60)
        for _ in range(3):
            world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert list(world.services.runs.open_runs(ORG)) == []

    def test_it_can_be_cancelled_while_it_runs(self, world: World) -> None:
        world.services.machines.run = lambda *_: None  # type: ignore[method-assign]
        made = graph(root=root("a"), a=log("x"))
        run = world.services.graphs.run(ORG, made, payload=None, trigger={}, principal="test").run
        world.services.canceller.cancel(ORG, run.id)
        assert Machines(world).run(run.id) == "cancelled"
        assert states(world, run.id)["a"]["status"] == "cancelled"
