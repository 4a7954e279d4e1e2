"""`python -m bench.cost`: dollars per 1,000 runs, from counted calls and a list of prices.

Counted, by running a run of every size in one process on moto: transitions of the compiled machine,
DynamoDB units of every call, writes to the indexes, the stream's records. Assumed, and the same on
both sides: how long a Lambda call takes and how much it logs (prices.json). The fan-out is taken at
its worst, one call for each record of the stream.

The floor is what nobody can go below who runs the steps as Lambdas under a Standard machine: the
bare machine's transitions and one Lambda call a step.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from moto import mock_aws

from bench.rows import Row, quiet, show
from chalicelib.core.compiler.reference import interpret
from chalicelib.reading import Reader
from chalicelib.workers.finish import finish_run
from chalicelib.workers.step import run_step
from tests.support.clients import item_size
from tests.support.stream import Stream
from tests.support.world import ORG, SETTINGS, World, table_properties

SIZES: Final = (1, 3, 10, 100)
_RUNS: Final = 1_000
_BUDGET: Final = 1.35
_BUDGET_SIZE: Final = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """What one run uses."""

    transitions: int
    lambda_calls: int
    log_bytes: int
    write_units: float = 0
    read_units: float = 0
    rest_requests: int = 0


def counted(steps: int, assumed: Mapping[str, float]) -> Counts:
    """A run of a chain of no-op steps, from the request to the sealed log."""
    world = World()
    stream = Stream(world)
    names = [f"s{number}" for number in range(steps)]
    definition = {
        "name": "cost",
        "steps": [{"name": name, "action": "transform", "params": {}} for name in names],
    }
    world.apply(definition)
    warm = world.start("cost")  # the definition is remembered from here on
    for name in names:
        world.run_step(warm, name)
    world.finish(warm)
    stream.records()
    event = world.step_event(world.start("cost"), names[0])
    stream.records()
    records: list[dict[str, Any]] = []
    with world.calls.counted() as calls:
        run_id = world.start("cost")
        records += _flow(stream)
        for name in names:
            mine = {**event, "step": name, "run": {**event["run"], "run_id": run_id}}
            run_step(world.services, mine, lambda: 60.0)
            records += _flow(stream)
        finish_run(world.services, {"run": {"org": ORG, "run_id": run_id}, "input": {}})
        records += _flow(stream)
    version = world.services.workflows.latest(ORG, "cost")
    if version is None:
        raise RuntimeError("the workflow is gone")
    machine = Reader(SETTINGS).compile(version.plan).definition
    lambda_calls = 1 + steps + 1 + len(records)
    return Counts(
        transitions=interpret(machine, {}).transitions,
        lambda_calls=lambda_calls,
        log_bytes=int(
            lambda_calls * (assumed["log_bytes_of_lambda"] + assumed["log_bytes_of_ours"])
        ),
        write_units=calls.write_units + index_units(records),
        read_units=calls.read_units,
        rest_requests=1,
    )


def _flow(stream: Stream) -> list[dict[str, Any]]:
    """Give the fan-out what is waiting, one record at a time, and return it."""
    records = stream.records()
    for record in records:
        stream.fan_out.handle([record])
    # What sealing changes in the run's item is a record too, which the fan-out looks at in vain.
    again = stream.records()
    return records + again


def index_units(records: list[dict[str, Any]]) -> int:
    """Write units of the indexes: each entry that appears, goes or changes is a write."""
    units = 0
    for index in table_properties()["GlobalSecondaryIndexes"]:
        keys = [key["AttributeName"] for key in index["KeySchema"]]
        projection = index["Projection"]
        for record in records:
            images = [record["dynamodb"].get(name, {}) for name in ("OldImage", "NewImage")]
            old, new = (_entry(image, keys, projection) for image in images)
            if old == new:
                continue
            size = max(1, math.ceil(max(item_size(old or {}), item_size(new or {})) / 1024))
            moved = old and new and any(old[key] != new[key] for key in keys)
            units += size * (2 if moved else 1)
    return units


def _entry(
    image: Mapping[str, Any], keys: list[str], projection: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What an index holds of an item; None when the item is not in it."""
    if any(key not in image for key in keys):
        return None
    if projection["ProjectionType"] == "ALL":
        return dict(image)
    wanted = {"pk", "sk", *keys, *projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in image.items() if name in wanted}


def dollars(counts: Counts, listed: Mapping[str, Any]) -> dict[str, float]:
    """Dollars per 1,000 runs by what they are paid for."""
    price = {name: entry["dollars"] for name, entry in listed["prices"].items()}
    assumed = listed["assumptions"]
    gb_seconds = counts.lambda_calls * assumed["lambda_milliseconds"] / 1000 * assumed["lambda_gb"]
    return {
        "Step Functions": _RUNS * counts.transitions * price["state_transition"],
        "Lambda": _RUNS
        * (counts.lambda_calls * price["lambda_request"] + gb_seconds * price["lambda_gb_second"]),
        "DynamoDB": _RUNS
        * (counts.write_units * price["write_unit"] + counts.read_units * price["read_unit"]),
        "API and logs": _RUNS
        * (counts.rest_requests * price["rest_request"] + counts.log_bytes / 1e9 * price["log_gb"]),
    }


def rows() -> Iterator[Row]:
    """One row a size, and what the money of ten steps goes to."""
    listed = json.loads(Path(__file__).with_name("prices.json").read_text())
    fake = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    with patch.dict(os.environ, {**fake, "AWS_DEFAULT_REGION": "us-east-1"}):
        for steps in SIZES:
            with mock_aws(), quiet():
                counts = counted(steps, listed["assumptions"])
            ours = dollars(counts, listed)
            bare = Counts(steps, steps, int(steps * listed["assumptions"]["log_bytes_of_lambda"]))
            floor = sum(dollars(bare, listed).values())
            limited = steps == _BUDGET_SIZE
            yield Row(
                f"$ per 1,000 runs of {steps} step{'s' if steps > 1 else ''} | floor",
                f"{sum(ours.values()):.3f}",
                f"{floor:.3f}",
                sum(ours.values()) / floor,
                f"≤ {_BUDGET}×" if limited else "–",
                _BUDGET if limited else None,
            )
            if limited:
                for what, amount in ours.items():
                    yield Row(f"   of which {what}", f"{amount:.3f}")
                yield Row(
                    "   write units, read units, Lambda calls",
                    f"{counts.write_units:.0f}, {counts.read_units:.0f}, {counts.lambda_calls}",
                )


def main() -> None:
    """Print the table."""
    show(rows(), "Cost on AWS, from counted units and list prices (bench/prices.json)")


if __name__ == "__main__":
    main()
