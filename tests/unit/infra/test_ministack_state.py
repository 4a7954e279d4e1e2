from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.local import ministack


def saved(folder: Path, **payload: object) -> Path:
    path = folder / "lambda.json"
    path.write_text(json.dumps({"__ministack_format__": 2, "payload": payload}))
    return path


def test_stream_positions_are_forgotten_and_all_else_is_kept(tmp_path: Path) -> None:
    positions = {"__account_region_scoped__": True, "data": {"0\x00us-east-1\x00'id'": 41}}
    path = saved(tmp_path, functions={"a": 1}, dynamodb_stream_positions=positions)
    assert ministack.forget_stream_positions(tmp_path)
    assert json.loads(path.read_text()) == {
        "__ministack_format__": 2,
        "payload": {"functions": {"a": 1}},
    }


def test_state_without_positions_is_left_untouched(tmp_path: Path) -> None:
    path = saved(tmp_path, functions={})
    before = path.read_bytes()
    assert not ministack.forget_stream_positions(tmp_path)
    assert path.read_bytes() == before


def test_a_first_start_has_nothing_to_forget(tmp_path: Path) -> None:
    assert not ministack.forget_stream_positions(tmp_path)


def test_a_missing_emulator_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InfraError, match="run `make setup`"):
        ministack.command(tmp_path / "python")


def test_the_emulator_gets_nothing_of_the_callers_aws_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "precious")
    found = ministack.environment(tmp_path, 1234, enforce_iam=True)
    assert "AWS_PROFILE" not in found
    assert found["AWS_SECRET_ACCESS_KEY"] == "test"
    assert (found["BIND_HOST"], found["GATEWAY_PORT"], found["AUTH"]) == (
        "127.0.0.1",
        "1234",
        "true",
    )


def test_what_functions_were_unpacked_into_does_not_pile_up(tmp_path: Path) -> None:
    old = tmp_path / "tmp" / "ministack-code-1"
    old.mkdir(parents=True)
    (old / "app.py").touch()
    other = tmp_path / "tmp" / "ministack-lambda-1"
    other.mkdir()
    ministack.forget_code(tmp_path)
    assert (old.exists(), other.exists()) == (False, True)
