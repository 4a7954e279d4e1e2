"""One background process with a pid file and a log: started, found again, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import InfraError
from infra.paths import ROOT

_POLL = 0.05
"""Seconds between two looks at a process that starts or stops."""


@dataclass
class Daemon:
    """`marker` is a word of its command line, by which it is told from a stranger that got the same
    pid later. `port` is where it listens on 127.0.0.1."""

    name: str
    port: int
    home: Path
    marker: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Where its process id is written."""
        return self.home / f"{self.name}.pid"

    def pid(self) -> int | None:
        """The process id while it runs; None otherwise."""
        if self.process is not None:
            # Ours: ask the handle, which also takes the exit status off the system's hands.
            return self.process.pid if self.process.poll() is None else None
        try:
            pid = int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if self.marker in _command_line(pid) else None

    def listening(self) -> bool:
        """Whether something accepts connections at the port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def require_port(self, setting: str) -> None:
        """Raises InfraError when another program has the port; `setting` chooses another one."""
        if self.pid() is None and self.listening():
            raise InfraError(
                f"port {self.port} is taken by another program: stop that, or choose another port "
                f"with {setting}=<port>"
            )

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        port_setting: str,
        seconds: float = 120,
    ) -> None:
        """Starts it and waits until it listens. Raises InfraError when the port is taken, the
        program ends at once, or does not listen in time."""
        self.require_port(port_setting)
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Of its own session: Ctrl-C at the terminal is not for it.
                start_new_session=True,
            )
        self.pid_file.write_text(str(self.process.pid))
        end = time.monotonic() + seconds
        while not self.listening():
            if self.process.poll() is not None:
                raise InfraError(f"{self.name} ended at once; its last words:\n{self.tail(15)}")
            if time.monotonic() > end:
                self.stop()
                raise InfraError(
                    f"{self.name} did not listen within {seconds:.0f} s: see {self.log}"
                )
            time.sleep(_POLL)

    def stop(self, seconds: float = 90) -> bool:
        """Asks it to end (SIGTERM) and waits. True when it ended by itself, or was not running;
        False when it had to be killed, so that what it had not written is lost."""
        pid = self.pid()
        graceful = True
        if pid is not None:
            _signal(pid, signal.SIGTERM)
            end = time.monotonic() + seconds
            while self.pid() is not None:
                if time.monotonic() > end:
                    graceful = False
                    _signal(pid, signal.SIGKILL)
                    break
                time.sleep(_POLL)
        if self.process is not None:
            self.process.wait()
            self.process = None
        self.pid_file.unlink(missing_ok=True)
        return graceful

    def tail(self, lines: int) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _command_line(pid: int) -> str:
    """What the process was started with; empty when there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_text(errors="replace").replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number
