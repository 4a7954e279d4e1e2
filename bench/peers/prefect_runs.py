"""Three no-op tasks on Prefect, started through its API and run by `flow.serve`. Prints seconds, as
JSON.

    python prefect_runs.py <runs>       with PREFECT_API_URL of a server that runs
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import httpx
from prefect import flow, task

_POLL_SECONDS = 0.05


@task
def nothing() -> None:
    """A task that does nothing."""


@flow
def three() -> None:
    """The flow."""
    nothing()
    nothing()
    nothing()


def _deployment(api: httpx.Client) -> str:
    """The id of the flow's deployment, once its process has registered it."""
    while True:
        found = api.get("/deployments/name/three/bench")
        if found.status_code == 200:
            identity: str = found.json()["id"]
            return identity
        time.sleep(_POLL_SECONDS)


def _run(api: httpx.Client, deployment: str) -> float:
    began = time.perf_counter()
    answer = api.post(f"/deployments/{deployment}/create_flow_run", json={}).raise_for_status()
    started: dict[str, Any] = answer.json()
    while True:
        state = api.get(f"/flow_runs/{started['id']}").json()["state"]["type"]
        if state == "COMPLETED":
            return time.perf_counter() - began
        if state in ("FAILED", "CRASHED", "CANCELLED"):
            raise RuntimeError(f"a run of Prefect's {state}")
        time.sleep(_POLL_SECONDS)


def main(runs: int) -> None:
    """Start one after the other, each when the one before is over."""
    with (
        subprocess.Popen(
            [sys.executable, __file__, "serve"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as serving,
        httpx.Client(base_url=os.environ["PREFECT_API_URL"], timeout=30) as api,
    ):
        try:
            deployment = _deployment(api)
            print(json.dumps([_run(api, deployment) for _ in range(runs)]), flush=True)
        finally:
            serving.terminate()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        three.serve(name="bench")
    else:
        main(int(sys.argv[1]))
