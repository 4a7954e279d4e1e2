"""Three no-op steps on DBOS over SQLite, started through a queue. Prints seconds, as JSON.

python dbos_runs.py <folder> <runs>
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from dbos import DBOS


@DBOS.step()
def nothing() -> None:
    """A step that does nothing."""


@DBOS.workflow()
def three() -> None:
    """The workflow."""
    nothing()
    nothing()
    nothing()


def main(folder: str, runs: int) -> None:
    """Start one after the other through the queue, each when the one before is over."""
    database = f"sqlite:///{Path(folder) / 'dbos.sqlite'}"
    DBOS(config={"name": "bench", "system_database_url": database, "log_level": "ERROR"})
    DBOS.launch()
    DBOS.register_queue("bench")
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        DBOS.enqueue_workflow("bench", three).get_result()
        took.append(time.perf_counter() - began)
    print(json.dumps(took), flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
