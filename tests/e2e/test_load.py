"""Many at once: wide runs, many starts, the same key, the same workflow, cancels against finishes."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests

from chalicelib.core.runs.events import TERMINAL_KINDS
from tests.support.faults import LOCAL_ORG, assert_sound, eventually, is_sealed, log_of
from tests.support.stack import TERMINAL, Api, RunningStack

WIDTH = 200
ITEMS = 1_000
STARTS = 100
CLIENTS = 20


def transform(name: str, value: int = 0) -> dict[str, Any]:
    return {"name": name, "action": "transform", "params": {"value": value}, "depends_on": []}


def conflicts_logged(stack: RunningStack, since: float) -> int:
    """Transaction conflicts that steps retried, as they say themselves in their logs."""
    pages = stack.local.session.client("logs").get_paginator("filter_log_events")
    lines = [
        line
        for page in pages.paginate(
            logGroupName="/aws/lambda/runyard-local-RunStep", startTime=int(since * 1000)
        )
        for event in page["events"]
        for line in event["message"].splitlines()
        if '"conflicts":' in line
    ]
    return sum(json.loads(line)["conflicts"] for line in lines)


def everything_of(api: Api, workflow: str) -> list[dict[str, Any]]:
    """All runs of a workflow, page after page."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        query = {"workflow": workflow, "limit": "40", **more}
        page = api.get("/api/v1/executions", params=query).json()
        found += page["executions"]
        if "next_page_token" not in page:
            return found
        more = {"page_token": page["next_page_token"]}


def test_200_parallel_steps_all_complete_and_none_fails(
    stack: RunningStack, say: Callable[[str], None]
) -> None:
    began = time.time()
    stack.api.apply({"name": "wide", "steps": [transform(f"s{n}", n) for n in range(WIDTH)]})
    run_id = stack.api.run("wide")
    detail = stack.api.ended(run_id, 600)
    assert detail["status"] == "completed", detail["error"]
    assert Counter(step["status"] for step in detail["steps"]) == {"completed": WIDTH}
    assert [step["output"]["value"] for step in detail["steps"]] == list(range(WIDTH))
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    assert_sound(stack, run_id)
    conflicts = conflicts_logged(stack, began)
    tries = sum(step["attempts"] for step in detail["steps"])
    took = time.time() - began
    say(
        f"{WIDTH} parallel steps: {took:.1f} s, {tries} tries, {conflicts} transaction"
        " conflicts retried (this emulator serialises transactions: it has none)"
    )


def test_a_map_of_1000_items_completes_in_order_and_none_runs_twice(
    stack: RunningStack, say: Callable[[str], None]
) -> None:
    words = {"value": "{{ 10 * item }}", "place": "{{ index }}"}
    each = {"name": "each", "action": "transform", "params": words, "max_concurrency": 40}
    numbers = ",".join(map(str, range(ITEMS)))
    stack.api.apply(
        {
            "name": "thousand",
            "env": {"NUMBERS": numbers},
            "steps": [{**each, "for_each": "env.NUMBERS.split(',').map(n, int(n))"}],
        }
    )
    began = time.time()
    run_id = stack.api.run("thousand")
    detail = stack.api.ended(run_id, 600)
    took = time.time() - began
    assert detail["status"] == "completed", detail["error"]
    (step,) = detail["steps"]
    assert step["iterations"] == {"total": ITEMS, "succeeded": ITEMS, "failed": 0}
    assert step["output"] == [{"value": 10 * n, "place": n} for n in range(ITEMS)]
    prefix = {"pk": f"{LOCAL_ORG}#RUN#{run_id}", "prefix": "ITEM#each#"}
    records = list(stack.table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", prefix))
    assert Counter(record["attempt"] for record in records) == {1: ITEMS}
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    assert [event["kind"] for event in log_of(stack, run_id)] == [
        "started",
        "step_started",
        "step_completed",
        "completed",
    ]
    conflicts = conflicts_logged(stack, began)
    say(
        f"a Map of {ITEMS} items: {took:.1f} s, {took * 1000 / ITEMS:.0f} ms an item,"
        f" {conflicts} transaction conflicts retried"
    )


def test_100_starts_from_20_clients_are_100_runs_and_all_complete(
    stack: RunningStack, say: Callable[[str], None]
) -> None:
    api = stack.api
    api.apply({"name": "load", "steps": [transform("only")]})
    jobs = [f"load-{n}" for n in range(STARTS)] + [f"load-{n}" for n in range(0, STARTS, 10)]

    def start(key: str) -> str:
        mine = Api(api.base_url, api.token)  # a session is one thread's
        return mine.run("load", **{"Idempotency-Key": key})

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        ids = list(clients.map(start, jobs))
    took = time.monotonic() - began
    assert ids[STARTS:] == ids[:STARTS:10], "a key that was sent twice is one run"
    assert len(set(ids)) == STARTS

    def over() -> bool:
        return all(run["status"] in TERMINAL for run in everything_of(api, "load"))

    eventually("all are over", over, 600)
    listed = everything_of(api, "load")
    assert Counter(run["status"] for run in listed) == {"completed": STARTS}
    assert {run["id"] for run in listed} == set(ids)
    assert len(listed) == STARTS
    ended = time.monotonic() - began
    say(
        f"{len(jobs)} starts by {CLIENTS} clients: {len(jobs) / took:.1f} a second,"
        f" all {STARTS} runs completed after {ended:.1f} s"
    )


def test_ten_starts_with_one_key_at_once_are_one_run(stack: RunningStack) -> None:
    stack.api.apply({"name": "same-key", "steps": [transform("only")]})

    def start(_: int) -> requests.Response:
        mine = Api(stack.api.base_url, stack.api.token)
        return mine.post("/api/v1/run/same-key", json={}, headers={"Idempotency-Key": "one"})

    with ThreadPoolExecutor(10) as clients:
        answers = list(clients.map(start, range(10)))
    assert {answer.status_code for answer in answers} == {202}
    (run_id,) = {answer.json()["execution_id"] for answer in answers}
    replayed = [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert Counter(replayed) == {None: 1, "true": 9}
    assert stack.api.ended(run_id)["status"] == "completed"
    assert [run["id"] for run in everything_of(stack.api, "same-key")] == [run_id]


def test_six_applies_at_once_are_six_versions_without_gap_or_loss(stack: RunningStack) -> None:
    def apply(number: int) -> tuple[int, int]:
        mine = Api(stack.api.base_url, stack.api.token)
        definition = {"name": "contended", "steps": [transform("only", number)]}
        return number, mine.apply(definition)["version"]

    with ThreadPoolExecutor(6) as clients:
        versions = dict(clients.map(apply, range(6)))
    assert sorted(versions.values()) == [1, 2, 3, 4, 5, 6]
    for number, version in versions.items():
        found = stack.api.get(f"/api/v1/workflows/contended/versions/{version}").json()
        assert found["definition"]["steps"][0]["params"]["value"] == number
    assert stack.api.get("/api/v1/workflows/contended").json()["version"] == 6


def test_a_cancel_and_a_finish_that_race_agree_on_one_end(stack: RunningStack) -> None:
    stack.api.apply({"name": "race", "steps": [transform("only")]})

    def race(number: int) -> tuple[str, int]:
        mine = Api(stack.api.base_url, stack.api.token)
        run_id = mine.run("race")
        time.sleep(random.Random(number).uniform(0, 0.7))  # a run takes about 0.5 s
        return run_id, mine.post(f"/api/v1/cancel/{run_id}").status_code

    with ThreadPoolExecutor(2) as clients:
        answers = dict(clients.map(race, range(10)))
    for run_id, status in answers.items():
        final = stack.api.ended(run_id)["status"]
        assert (status, final) in {(200, "cancelled"), (404, "completed")}
    for run_id in answers:
        eventually("its log is closed", partial(is_sealed, stack, run_id))
        assert_sound(stack, run_id)
        kinds = [event["kind"] for event in log_of(stack, run_id)]
        assert len([kind for kind in kinds if kind in TERMINAL_KINDS]) == 1
