from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.local import LocalStack
from infra.local.__main__ import main
from infra.local.daemon import free_port


@pytest.fixture
def stack(tmp_path: Path) -> LocalStack:
    return LocalStack(tmp_path, emulator_port=free_port(), front_port=free_port())


def test_a_taken_front_port_is_found_before_anything_starts(stack: LocalStack) -> None:
    port = stack.front_door.port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(InfraError) as refused:
        stack.start()
    assert str(refused.value) == (
        f"port {port} is taken by another program: stop that, or choose another port "
        "with RUNYARD_PORT=<port>"
    )
    assert stack.emulator.pid() is None


def test_without_a_deployment_the_outputs_say_what_to_run(stack: LocalStack) -> None:
    with pytest.raises(InfraError, match="run `make run`"):
        _ = stack.outputs


def test_the_outputs_outlive_the_process(stack: LocalStack, tmp_path: Path) -> None:
    deployed = {"hash": "x", "outputs": {"RestAPIId": "abc"}}
    (tmp_path / "deployed.json").write_text(json.dumps(deployed))
    assert stack.outputs == {"RestAPIId": "abc"}


def test_an_emulator_that_is_not_installed_says_what_to_run(tmp_path: Path) -> None:
    ports = {"emulator_port": free_port(), "front_port": free_port()}
    with pytest.raises(InfraError, match="run `make setup`"):
        LocalStack(tmp_path, **ports, emulator_python=tmp_path / "python").start()


def test_reset_leaves_nothing(stack: LocalStack, tmp_path: Path) -> None:
    (tmp_path / "deployed.json").write_text("{}")
    stack.reset()
    assert not tmp_path.exists()


def test_the_command_line_ends_with_one_line_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNYARD_PORT", "eighty")
    assert main(["status"]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "RUNYARD_PORT=eighty is no port number\n")
