"""The emulator is stopped in the middle of everything and started again: nothing hangs, nothing that
was stored is lost, and the reconciler brings every run to its end."""

from __future__ import annotations

from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.support.faults import assert_sound, eventually, is_sealed
from tests.support.stack import TERMINAL, CountingServer, RunningStack, Socket

NO_OP = {"name": "restart-noop", "steps": [{"name": "only", "action": "transform", "params": {}}]}
SLEEP = {
    "name": "restart-delay",
    "steps": [
        {"name": "first", "action": "transform", "params": {}},
        {"name": "here", "action": "delay", "params": {"duration": "1h"}},
    ],
}


def held(server: CountingServer) -> dict[str, Any]:
    step = {"name": "here", "action": "http/request", "params": {"url": f"{server.url}/hold"}}
    return {"name": "restart-held", "steps": [step]}


def parallel(server: CountingServer) -> dict[str, Any]:
    steps = [
        {
            "name": name,
            "action": "http/request",
            "params": {"url": f"{server.url}/{path}"},
            "depends_on": [],
        }
        for name, path in (("here", "hold"), ("other", "hold"), ("quick", "quick"))
    ]
    join = {
        "name": "join",
        "action": "transform",
        "params": {},
        "depends_on": ["here", "other", "quick"],
    }
    return {"name": "restart-parallel", "steps": [*steps, join]}


def events_until_closed(socket: Socket) -> list[dict[str, Any]]:
    """What still arrived before the socket was lost."""
    found = []
    try:
        while True:
            found.append(socket.receive()["event"])
    except ConnectionClosed:
        return found


def test_a_restart_leaves_no_run_hanging_and_no_log_with_a_hole(
    stack: RunningStack, server: CountingServer
) -> None:
    api = stack.api
    for definition in (NO_OP, SLEEP, held(server), parallel(server)):
        api.apply(definition)
    versions = api.get("/api/v1/workflows").json()
    finished = [api.run("restart-noop", **{"Idempotency-Key": f"restart-{n}"}) for n in range(2)]
    before = [api.ended(run_id) for run_id in finished]
    cancelled = api.run("restart-delay")
    assert api.post(f"/api/v1/cancel/{cancelled}").status_code == 200
    waiting = [api.run(name) for name in ("restart-delay", "restart-delay", "restart-held")]
    waiting += [api.run("restart-held"), api.run("restart-parallel")]
    for run_id in waiting:
        api.step_running(run_id, "here")
    eventually("the log of the cancelled run is closed", lambda: is_sealed(stack, cancelled))
    with stack.socket() as socket:
        socket.send("run.attach", "before", runId=waiting[0])
        seen = [socket.receive()["event"]]
        just_started = [api.run("restart-noop") for _ in range(3)]
        stack.local.restart_emulator()
        seen += events_until_closed(socket)
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    server.hold.set()

    everything = [*finished, cancelled, *waiting, *just_started]

    def repaired() -> bool:
        stack.reconcile()
        return all(api.detail(run)["status"] in TERMINAL for run in everything) and all(
            is_sealed(stack, run) for run in everything
        )

    eventually("all runs are over and their logs closed", repaired, 300)
    assert [api.detail(run_id) for run_id in finished] == before
    for run_id in everything:
        assert_sound(stack, run_id)
    assert api.detail(cancelled)["status"] == "cancelled"
    assert {api.detail(run_id)["status"] for run_id in waiting} == {"failed"}

    with stack.socket() as socket:
        socket.send("run.attach", "after", runId=waiting[0], afterSeq=seen[-1]["seq"])
        rest = socket.until_done("after")
        numbers = [event["seq"] for event in [*seen, *rest]]
        assert numbers == list(range(1, len(numbers) + 1))
        # Live events arrive again: the table's stream reaches the fan-out as before.
        socket.send("workflow.run", "live", workflowIdOrName="restart-noop")
        kinds = [event["kind"] for event in socket.until_done("live")]
    assert kinds == ["started", "step_started", "step_completed", "completed"]
    assert api.get("/api/v1/workflows").json() == versions
    assert api.run("restart-noop", **{"Idempotency-Key": "restart-1"}) == finished[1]
