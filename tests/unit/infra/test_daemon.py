from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.local.daemon import Daemon, free_port

PYTHON = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    found = Daemon("toy", free_port(), tmp_path, "http.server")
    yield found
    found.stop()


def start(daemon: Daemon) -> None:
    daemon.start([*PYTHON, str(daemon.port)], ENVIRONMENT, port_setting="TOY_PORT")


def test_a_started_daemon_listens_and_a_stopped_one_is_gone(daemon: Daemon) -> None:
    start(daemon)
    assert daemon.listening()
    pid = daemon.pid()
    assert pid is not None
    assert daemon.stop()
    assert daemon.pid() is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_another_process_finds_it_by_its_pid_file(daemon: Daemon, tmp_path: Path) -> None:
    start(daemon)
    assert Daemon("toy", daemon.port, tmp_path, "http.server").pid() == daemon.pid()


def test_a_stranger_with_the_old_pid_is_neither_ours_nor_stopped(tmp_path: Path) -> None:
    found = Daemon("toy", free_port(), tmp_path, "no such word in its command line")
    found.pid_file.write_text(str(os.getpid()))
    assert found.pid() is None
    assert found.stop()


def test_a_taken_port_is_one_line_that_says_what_to_do(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", daemon.port)), pytest.raises(InfraError) as refused:
        start(daemon)
    assert f"port {daemon.port} is taken" in str(refused.value)
    assert "TOY_PORT=<port>" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_program_that_ends_at_once_shows_its_last_words(daemon: Daemon) -> None:
    with pytest.raises(InfraError, match="no such module zzz"):
        daemon.start(
            [sys.executable, "-c", "raise SystemExit('no such module zzz')"],
            ENVIRONMENT,
            port_setting="TOY_PORT",
        )


def test_a_program_that_ignores_the_request_to_end_is_killed_and_that_is_told(
    daemon: Daemon,
) -> None:
    stubborn = (
        "import signal, socket, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"s = socket.create_server(('127.0.0.1', {daemon.port})); threading.Event().wait()"
    )
    daemon.start([sys.executable, "-c", stubborn], ENVIRONMENT, port_setting="TOY_PORT")
    assert not daemon.stop(seconds=0.2)
    assert daemon.pid() is None
