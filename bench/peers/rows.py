"""Start → completed of three no-op steps on Prefect, by its API, and on DBOS, by its queue, beside ours.

Both run from pip in an environment of their own, on this machine, as they come: Prefect with its
server and `flow.serve`, which asks for work every ten seconds; DBOS on SQLite, whose queue is asked
every second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.rows import Row, percentile
from infra.local.daemon import free_port
from infra.paths import BUILD

_HERE: Final = Path(__file__).parent
_VENV: Final = BUILD / "peers"
_RUNS_OF_PREFECT: Final = 5
_RUNS_OF_DBOS: Final = 20
_PATIENCE_SECONDS: Final = 600


def rows(ours: list[float]) -> Iterator[Row]:
    """p50 and p99 of both. `ours` are the seconds of our runs in the same run of the benchmark."""
    python = _environment()
    with tempfile.TemporaryDirectory() as home:
        found = {
            "DBOS, by its queue": _dbos(python, Path(home)),
            "Prefect, by its API": _prefect(python, Path(home)),
        }
    for name, theirs in found.items():
        for share in (0.5, 0.99):
            mine, other = percentile(ours, share), percentile(theirs, share)
            yield Row(
                f"3 steps, start → completed | {name}, p{100 * share:.0f}",
                f"{1000 * mine:.0f} ms",
                f"{1000 * other:.0f} ms",
                mine / other,
            )


def _environment() -> Path:
    """The Python that has both; made at the first use."""
    wanted = (_HERE / "requirements.txt").read_text()
    ready = _VENV / ".ready"
    python = _VENV / "bin" / "python"
    if not ready.exists() or ready.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_VENV)], check=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "-qq",
            "-r",
            str(_HERE / "requirements.txt"),
        ]
        subprocess.run(install, check=True)
        ready.write_text(wanted)
    return python


def _dbos(python: Path, home: Path) -> list[float]:
    return _measured([str(python), str(_HERE / "dbos_runs.py"), str(home), str(_RUNS_OF_DBOS)], {})


def _prefect(python: Path, home: Path) -> list[float]:
    port = free_port()
    own = {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
    }
    with _prefect_server(python, port, own):
        return _measured([str(python), str(_HERE / "prefect_runs.py"), str(_RUNS_OF_PREFECT)], own)


@contextmanager
def _prefect_server(python: Path, port: int, own: Mapping[str, str]) -> Iterator[None]:
    command = [str(python), "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [*command, "--port", str(port)], env={**os.environ, **own}, stdout=quiet, stderr=quiet
    ) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/health")
            yield
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not come up")


def _measured(command: list[str], own: Mapping[str, str]) -> list[float]:
    done = subprocess.run(
        command,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[1]}: {done.stderr[-2000:]}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found
