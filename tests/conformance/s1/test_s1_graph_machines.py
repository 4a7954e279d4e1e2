"""S1, `workflowDefinition`: "the full workflow graph to execute". Graphs on the running stack, on a
machine of their own and on the one that runs any graph, started by the core."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.clock import utc_now
from chalicelib.core.graphs.definition import Graph
from chalicelib.core.ids import new_id
from chalicelib.graph_services import execution_state
from chalicelib.services import Services
from chalicelib.settings import Settings
from tests.support.graph_runs import choose, each, graph, log, node, root, statuses
from tests.support.graph_versions import compiled
from tests.support.stack import Api, CountingServer, RunningStack

ORG = "org_local"
HOW = ("compiled", "shared")


@pytest.fixture(scope="session")
def services(stack: RunningStack) -> Services:
    """The services of the stack's API function, in this process."""
    session = stack.local.session
    configuration = session.client("lambda").get_function_configuration(
        FunctionName="runyard-local-APIHandler"
    )
    variables = configuration["Environment"]["Variables"]
    prefix = "RUNYARD_"
    found = {
        name.removeprefix(prefix).lower(): value
        for name, value in variables.items()
        if name.startswith(prefix)
    }
    return Services(Settings.model_validate(found), client=session.client)


@pytest.fixture
def start(services: Services) -> Callable[..., str]:
    """Start a run of a graph, one way or the other; its id."""

    def begin(how: str, made: Graph, payload: Any = None, **more: Any) -> str:
        what = made
        if how == "compiled":
            what = compiled(services, ORG, made, workflow=new_id("wf", utc_now()))
        more = {"trigger": {"type": "api"}, "principal": "test", **more}
        return services.graphs.start(ORG, what, payload=payload, **more).run.id

    return begin


@pytest.fixture
def states(services: Services) -> Callable[[str], Any]:
    def read(run_id: str) -> Any:
        detail = services.runs.detail(ORG, run_id)
        assert detail is not None
        version = services.workflows.version(ORG, detail.run.workflow, detail.run.version)
        assert version is not None
        return execution_state(services, version, detail)

    return read


@pytest.mark.parametrize("how", HOW)
def test_branches_loops_and_joins(
    api: Api, start: Callable[..., str], states: Callable[[str], Any], how: str
) -> None:
    made = graph(
        root=root("a", "b"),
        a=log("{{$trigger.body.n}}", "c", "d"),
        b=node("delay", "d", payload={"delayMs": 1_000}),
        c=choose({"{{a.result.message}}": {"$gt": 5}}, "yes", "no"),
        yes=log("yes", "loop", branch="then"),
        no=log("no", "loop", branch="else"),
        d=log("{{a.result.message}}"),
        loop=each("{{$trigger.body.items}}", ["inner"], "after"),
        inner=each("{{$item}}", ["leaf"]),
        leaf=log("{{$index}}:{{$item}}"),
        after=log("{{loop.result.iterationCount}}"),
    )
    run_id = start(how, made, {"n": 7, "items": [["x", "y"], ["z"]]})
    assert api.ended(run_id)["status"] == "completed"
    found = states(run_id)
    shown = statuses(found)
    assert shown.pop("no") == "skipped"
    assert set(shown.values()) == {"success"}
    leaves = [
        each_["nodes"]["leaf"]["result"]["message"]
        for one in found["loop"]["iterations"]
        for each_ in one["nodes"]["inner"]["iterations"]
    ]
    assert leaves == ["0:x", "1:y", "0:z"]
    assert found["d"]["result"]["message"] == 7
    assert found["after"]["result"]["message"] == 2


@pytest.mark.parametrize("how", HOW)
def test_a_node_that_fails_fails_the_run_at_once_though_others_wait(
    api: Api, start: Callable[..., str], states: Callable[[str], Any], how: str
) -> None:
    made = graph(
        root=root("bad", "slow"),
        bad=node("pluck", "after", payload={"array": "{{$trigger.body.none}}", "field": "a"}),
        slow=node("wait", "late", payload={"timeoutMs": 3_600_000}),
        after=log("never"),
        late=log("never", "both"),
        both=log("never"),
    )
    run_id = start(how, made)
    assert api.ended(run_id)["status"] == "failed"
    assert statuses(states(run_id)) == {
        "root": "success",
        "bad": "failure",
        "slow": "cancelled",
        "after": "skipped",
        "late": "skipped",
        "both": "skipped",
    }


@pytest.mark.parametrize("how", HOW)
def test_a_wait_is_resumed_or_times_out(
    api: Api,
    services: Services,
    start: Callable[..., str],
    states: Callable[[str], Any],
    how: str,
) -> None:
    made = graph(
        root=root("one", "two"),
        one=node("wait", "yes", payload={"timeoutMs": 3_600_000}),
        yes=log("{{one.result.payload.who}}", branch="resumed"),
        two=node("wait", "no", payload={"timeoutMs": 1_000}),
        no=log("no", branch="timed_out"),
    )
    run_id = start(how, made)
    api.once(lambda: states(run_id)["one"]["status"] == "waiting", run_id)
    secret = states(run_id)["one"]["resume"]["secret"]
    assert services.resumer.resume(ORG, run_id, "one", secret, {"who": "me"}).action == "resumed"
    assert api.ended(run_id)["status"] == "completed"
    found = states(run_id)
    assert found["yes"]["result"]["message"] == "me"
    assert found["no"]["status"] == "success"


@pytest.mark.parametrize("how", HOW)
def test_after_a_cancel_no_node_is_left_running(
    api: Api, start: Callable[..., str], states: Callable[[str], Any], how: str
) -> None:
    """A run that is cancelled in a delay, a wait, a loop and a branch."""
    made = graph(
        root=root("d", "w", "if", "loop"),
        d=node("delay", "d2", payload={"delayMs": 3_600_000}),
        d2=log("never"),
        w=node("wait", "w2"),
        w2=log("never"),
        loop=each([1, 2], ["held"], "loop2"),
        held=node("wait"),
        loop2=log("never"),
        **{
            "if": choose({"{{$trigger.body.x}}": {"$notExists": True}}, "t"),
            "t": node("delay", branch="then", payload={"delayMs": 3_600_000}),
        },
    )
    run_id = start(how, made)

    def all_stand() -> bool:
        found = states(run_id)
        return all(
            found[name]["status"] in ("scheduled", "waiting") for name in ("d", "w", "t", "held")
        )

    api.once(all_stand, run_id)
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    found = states(run_id)
    shown = statuses(found)
    assert shown.pop("root") == "success"
    assert shown.pop("if") == "success"
    assert set(shown.values()) == {"cancelled"}
    assert {one["status"] for one in found["loop"]["iterations"][0]["nodes"].values()} == {
        "cancelled"
    }


def test_twenty_definitions_at_once_make_no_machine(
    stack: RunningStack, api: Api, services: Services, start: Callable[..., str]
) -> None:
    client = stack.local.session.client("stepfunctions")

    def machines() -> int:
        return len(client.list_state_machines(maxResults=1000)["stateMachines"])

    assert services.shared_machine
    before, ids = machines(), list[str]()
    threads = [
        threading.Thread(
            target=lambda n=n: ids.append(start("shared", graph(root=root("a"), a=log(f"{n}"))))
        )
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {api.ended(run_id, seconds=300)["status"] for run_id in ids} == {"completed"}
    assert (len(ids), machines()) == (20, before)


def test_a_graph_that_is_waited_for_has_ended_when_the_answer_comes(
    services: Services, states: Callable[[str], Any]
) -> None:
    made = graph(
        root=root("a", "d"),
        a=log("{{$inputs.n}}", "c"),
        d=node("delay", "c", payload={"delayMs": 10}),
        c=log("{{a.result.message}}"),
    )
    more = {"trigger": {"type": "api"}, "principal": "test"}
    run = services.graphs.run(ORG, made, payload={"n": 3}, **more).run
    assert run.status.value == "succeeded"
    assert states(run.id)["c"]["result"]["message"] == 3
    bad = graph(
        root=root("p"),
        p=node("pluck", "q", payload={"array": "{{$inputs.n}}", "field": "a"}),
        q=log("x"),
    )
    run = services.graphs.run(ORG, bad, payload={"n": 3}, **more).run
    assert run.status.value == "failed"
    assert statuses(states(run.id)) == {"root": "success", "p": "failure", "q": "skipped"}


def test_an_http_request_reaches_its_server_and_a_simulation_does_not(
    api: Api, start: Callable[..., str], states: Callable[[str], Any], server: CountingServer
) -> None:
    made = graph(root=root("h"), h=node("http-request", payload={"url": f"{server.url}/ping"}))
    real, not_real = start("shared", made), start("shared", made, mode="simulation")
    assert api.ended(real)["status"] == api.ended(not_real)["status"] == "completed"
    assert server.count("/ping") == 1
    assert states(real)["h"]["result"]["status"] == 200
    assert states(not_real)["h"]["result"]["simulated"] is True
