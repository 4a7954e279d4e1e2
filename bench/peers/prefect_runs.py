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
import uuid
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


def _asked(api: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """An answer that is none of 503, which the server gives while its SQLite is locked: Prefect's own
    clients ask again too."""
    while True:
        answer = api.request(method, path, **more)
        if answer.status_code != 503:
            return answer
        time.sleep(_POLL_SECONDS)


def _deployment(api: httpx.Client) -> str:
    """The id of the flow's deployment, once its process has registered it."""
    while True:
        found = _asked(api, "GET", "/deployments/name/three/bench")
        if found.status_code == 200:
            identity: str = found.json()["id"]
            return identity
        time.sleep(_POLL_SECONDS)


def _run(api: httpx.Client, deployment: str) -> float:
    began = time.perf_counter()
    # With a key: what was created before a 503 is answered again.
    wanted = {"idempotency_key": str(uuid.uuid4())}
    answer = _asked(api, "POST", f"/deployments/{deployment}/create_flow_run", json=wanted)
    started: dict[str, Any] = answer.raise_for_status().json()
    while True:
        found = _asked(api, "GET", f"/flow_runs/{started['id']}").raise_for_status()
        state = found.json()["state"]["type"]
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
        httpx.Client(base_url=os.environ["PREFECT_API_URL"], timeout=60) as api,
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
