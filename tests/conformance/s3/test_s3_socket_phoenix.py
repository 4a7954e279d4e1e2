"""S3, the socket: "The npm package `phoenix` is the judge"."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.conformance.s3.test_s3_socket import make_swarm
from tests.support.channel import running_program
from tests.support.cutting import cutting_proxy
from tests.support.stack import RunningStack

JOIN = """
const socket = new Socket(`${url}/swarm`, { params: { token }, reconnectAfterMs: () => 50 });
socket.connect();
const channel = socket.channel(`swarm:${name}`);
const asked = (push) => new Promise((found) => {
  push.receive("ok", (answer) => found(answer));
  push.receive("error", (answer) => found({ error: answer }));
  push.receive("timeout", () => found("timeout"));
});
"""


def program(
    stack: RunningStack, text: str, folder: Path, swarm: str, url: str = ""
) -> AbstractContextManager[Callable[[], Any]]:
    url = url or stack.local.ws_url
    return running_program(JOIN + text, folder, url, stack.credentials.token, swarm)


def test_s3_socket__the_real_client_joins_sends_receives_and_leaves(
    stack: RunningStack, tmp_path: Path
) -> None:
    swarm = make_swarm(stack)
    text = """
    const added = new Promise((found) => channel.on("event", found));
    tell(await asked(channel.join()));
    const filters = { event_type: "task_sent" };
    tell(await asked(channel.push("subscribe_events", { filters })));
    tell(await asked(channel.push("send_task", { agent: "a", task: "go" })));
    const event = await added;
    tell(event.event_type, event.agent);
    tell(await asked(channel.push("send_task", { agent: "nobody", task: "go" })));
    tell((await asked(channel.push("get_status", {}))).name);
    const closed = new Promise((found) => channel.onClose(() => found("closed")));
    tell(await asked(channel.leave()), await closed);
    socket.disconnect();
    """
    with program(stack, text, tmp_path, swarm) as told:
        assert told() == [{"swarm": swarm}]
        assert told()[0]["subscribed"] is True
        assert told() == [{"status": "sent"}]
        assert told() == ["task_sent", "a"]
        assert told() == [{"error": {"reason": "Agent not found"}}]
        assert told() == [swarm]
        assert told()[1] == "closed"


def test_s3_socket__the_real_client_is_told_of_an_unknown_swarm(
    stack: RunningStack, tmp_path: Path
) -> None:
    text = """
    tell(await asked(channel.join()));
    channel.leave();
    socket.disconnect();
    """
    with program(stack, text, tmp_path, "no-such") as told:
        assert told() == [{"error": {"reason": "swarm_not_found"}}]


def test_s3_socket__the_real_client_recovers_after_a_dropped_connection(
    stack: RunningStack, tmp_path: Path
) -> None:
    swarm = make_swarm(stack)
    text = """
    let joins = 0;
    channel.on("message_routed", ({ from, to }) => tell(from, to));
    const twice = new Promise((found) => {
      channel.join().receive("ok", () => { joins += 1; tell("joined"); if (joins === 2) found(); });
    });
    await twice;
    tell(await asked(channel.push("send_task", { agent: "a", task: "after the drop" })));
    await new Promise((found) => channel.on("swarm_stopped", found));
    tell("stopped");
    socket.disconnect();
    """
    with cutting_proxy(stack.local.base_url) as proxy:
        url = proxy.url.replace("http", "ws")
        with program(stack, text, tmp_path, swarm, url) as told:
            assert told() == ["joined"]
            proxy.cut()
            assert told() == ["joined"]
            assert told() == [{"status": "sent"}]
            message = {"from": "a", "to": "b", "content": "hello"}
            stack.api.expect(200, "POST", f"/api/swarms/{swarm}/message", json=message)
            assert told() == ["a", "b"]
            stack.api.expect(200, "DELETE", f"/api/swarms/{swarm}")
            assert told() == ["stopped"]
