from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.local import LocalStack, ministack, ports
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


def test_an_emulator_with_other_repairs_is_started_anew(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    running = iter([1, 1, None])
    monkeypatch.setattr(stack.emulator, "pid", lambda: next(running))
    monkeypatch.setattr(stack.emulator, "stop", lambda: done.append("stop"))
    monkeypatch.setattr(stack, "_start_emulator", lambda: done.append("start"))
    (tmp_path / "emulator.repairs").write_text("those of an earlier checkout")
    stack.start()
    assert done == ["stop", "start"]

    (tmp_path / "emulator.repairs").write_text(ministack.repairs_hash())
    monkeypatch.setattr(stack.emulator, "pid", lambda: 1)
    stack.start()
    assert done == ["stop", "start"]


def test_the_ports_of_the_last_start_are_kept_and_a_setting_stands_above_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in (ports.FRONT_PORT_SETTING, ports.EMULATOR_PORT_SETTING):
        monkeypatch.delenv(setting, raising=False)
    assert ports.chosen(tmp_path, ports.FRONT_PORT_SETTING) == ports.FRONT_PORT
    ports.remember(tmp_path, emulator=14566, front_door=18000)
    assert ports.chosen(tmp_path, ports.FRONT_PORT_SETTING) == 18000
    assert ports.chosen(tmp_path, ports.EMULATOR_PORT_SETTING) == 14566
    monkeypatch.setenv(ports.FRONT_PORT_SETTING, "8080")
    assert ports.chosen(tmp_path, ports.FRONT_PORT_SETTING) == 8080
    monkeypatch.setenv(ports.FRONT_PORT_SETTING, "many")
    with pytest.raises(InfraError, match="RUNYARD_PORT=many is no port number"):
        ports.chosen(tmp_path, ports.FRONT_PORT_SETTING)


def test_a_stack_that_runs_is_not_asked_to_run_at_other_ports(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.remember(tmp_path, emulator=stack.emulator.port, front_door=18000)
    monkeypatch.setattr(stack.front_door, "pid", lambda: 1)
    with pytest.raises(InfraError, match="the front-door runs at port 18000 already: `make stop`"):
        stack.start()


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
