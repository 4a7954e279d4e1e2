"""The processes that MiniStack runs Python functions in, repaired; `ministack_repaired` puts it in.

**Code.** MiniStack unpacks the zip for every process, and without compiled modules: each cold start
unpacked and compiled all libraries anew, most of a second of the processor. Here the processes of one
zip share one folder, so what one has compiled the next one finds.

**Log lines.** After each call MiniStack waits for lines on the process's stderr: 50 ms for the first,
and on a busy machine not long enough. Here the process says when its lines are out: a mark follows
them, and all of them are there when it is.

**Exceptions.** AWS goes on with the process of a Python function that has raised. MiniStack ends it, so
that each failed step cost the next one a cold start. Here it stays.
"""

from __future__ import annotations

import hashlib
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OUT = "\0runyard: the log lines of a call are out"
"""The mark. Nothing else writes a NUL."""
PATIENCE_SECONDS = 10.0
"""How long to wait for the mark of a process that has answered."""
_OK = '_real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")'
_RAISED = '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace"'
_ANSWERED = "        _real_stdout.flush()\n\nrun()"


def marking(script: str) -> str:
    """The emulator's script for a process of Python: before an answer the mark goes out, and an
    exception is an answer, told by `raised`. Raises ValueError if the script is another one."""
    if any(script.count(part) != 1 for part in (_OK, _RAISED, _ANSWERED)):
        raise ValueError("MiniStack's script for Python has changed: see ministack_workers.py")
    out = f"sys.stderr.write({OUT!r} + chr(10)); sys.stderr.flush()"
    raised = _RAISED.replace('"status": "error"', '"status": "ok", "raised": True')
    ok = f"_answer = {_OK.removeprefix('_real_stdout.write(').removesuffix(')')}"
    script = script.replace(
        _OK, f"{ok}\n            {out}\n            _real_stdout.write(_answer)"
    )
    return script.replace(_RAISED, f"{out}\n            {raised}")


def raising(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The emulator's function that calls a process: what was raised is an error again."""

    def call(*arguments: Any, **named: Any) -> dict[str, Any]:
        answer = invoke(*arguments, **named)
        if answer.pop("raised", False):
            answer["status"] = "error"
        return answer

    return call


def until_the_mark(worker: Any, *, seconds: float = PATIENCE_SECONDS) -> str:
    """The lines of a call that has been answered; of a process that is gone, what there is."""
    lines: list[str] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            line = worker._stderr_queue.get(timeout=0.05)
        except queue.Empty:
            if worker._proc is None or worker._proc.poll() is not None:
                break
            continue
        if line == OUT:
            break
        lines.append(line)
    return "\n".join(lines)


class SharedCode:
    """Stands for `zipfile` in the emulator's module: a zip is unpacked once, into a folder of its
    hash. Where a process wants it, there are links to what is in that folder."""

    def __init__(self, zipfile: Any) -> None:
        self._zipfile = zipfile
        self._lock = threading.Lock()
        self.BadZipFile = zipfile.BadZipFile

    def ZipFile(self, path: str) -> Any:  # noqa: N802 - the emulator's name for it
        return _Linked(self, Path(path))

    def link(self, path: Path, folder: Path) -> None:
        with self._lock:
            shared = self._unpacked(path)
        for entry in shared.iterdir():
            (folder / entry.name).symlink_to(entry)

    def _unpacked(self, path: Path) -> Path:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        shared = Path(tempfile.gettempdir()) / f"ministack-code-{digest}"
        if not shared.exists():
            fresh = Path(tempfile.mkdtemp(prefix="ministack-code-"))
            with self._zipfile.ZipFile(path) as archive:
                archive.extractall(fresh)
            # Where the modules at the top are compiled to; those of packages make their own.
            (fresh / "__pycache__").mkdir(exist_ok=True)
            fresh.replace(shared)
        return shared


class _Linked:
    def __init__(self, code: SharedCode, path: Path) -> None:
        self._code, self._path = code, path

    def __enter__(self) -> _Linked:
        return self

    def __exit__(self, *_: object) -> None: ...

    def extractall(self, folder: str) -> None:
        self._code.link(self._path, Path(folder))


def repair(runtime: Any) -> None:
    """Puts all of it into the emulator's module `lambda_runtime`."""
    runtime._PYTHON_WORKER_SCRIPT = marking(runtime._PYTHON_WORKER_SCRIPT)
    worker = runtime.Worker
    worker.invoke = raising(worker.invoke)
    bounded = worker._drain_stderr_bounded

    def drain(self: Any, **options: Any) -> str:
        python = str(self.config.get("Runtime", "python")).startswith("python")
        return until_the_mark(self) if python else str(bounded(self, **options))

    worker._drain_stderr_bounded = drain
    runtime.zipfile = SharedCode(runtime.zipfile)
