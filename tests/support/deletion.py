"""A run with every kind of part, and what is left of a run."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.store import keys
from tests.support.definitions import shape, workflow
from tests.support.stream import Stream
from tests.support.world import ORG, REGION, SETTINGS, World

PLAIN: dict[str, list[str]] = {"a": [], "b": [], "c": ["a"], "e": [], "f": []}
RICH = workflow(
    "rich",
    *(shape(name, depends_on=needs) for name, needs in PLAIN.items()),
    shape("d", {"text": "{{ inputs.text }}"}, depends_on=["a", "b"]),
    inputs={"text": {"type": "string"}},
    outputs={"size": "{{ size(inputs.text) }}"},
)
KINDS = {"#RUN", "#INPUT", "#OUTPUT", "#STEP", "FENCE", "GATE", "EVENT", "SOCKET"}


def rich_run(world: World, stream: Stream, **more: Any) -> str:
    """A run that is over and sealed, with inputs, outputs, a large output in the bucket, steps, a
    gate, events and a subscription that its socket never gave up."""
    run_id = world.start("rich", inputs={"text": "x" * 150_000}, **more)
    for step in PLAIN:
        world.run_step(run_id, step)
    world.gate(run_id, "d", ["a"], "token")
    world.run_step(run_id, "d")
    assert world.finish(run_id) == "succeeded"
    stream.flow()
    connection = f"socket-of-{run_id}"
    stream.connect(connection)
    subscribe(world, run_id, connection)
    kinds = {kind(item["sk"]) for item in items_of(world, run_id)}
    assert kinds >= KINDS, KINDS - kinds
    assert objects_of(run_id)
    return run_id


def subscribe(world: World, run_id: str, connection: str) -> None:
    from chalicelib.store.sockets import Subscription

    world.services.sockets.subscribe(Subscription(ORG, run_id, connection, "request", live=True))


def kind(sk: str) -> str:
    return "#" + sk.split("#")[1] if sk.startswith("#") else sk.split("#", maxsplit=1)[0]


def items_of(world: World, run_id: str) -> list[dict[str, Any]]:
    """Every item that is under the run's key or names the run in its own."""
    return [
        item
        for item in world.items()
        if item["pk"] == keys.run_pk(ORG, run_id) or run_id in item["sk"]
    ]


def objects_of(run_id: str) -> list[str]:
    """The keys of everything in the bucket that names the run."""
    found = boto3.client("s3", region_name=REGION).list_objects_v2(Bucket=SETTINGS.bucket)
    return [one["Key"] for one in found.get("Contents", []) if run_id in one["Key"]]
