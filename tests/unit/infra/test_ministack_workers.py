"""The emulator's processes, repaired: on stand-ins, and with the script it really runs."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.ministack_workers import OUT, SharedCode, marking, raising, until_the_mark
from infra.paths import EMULATOR_PYTHON

HANDLER = """
def handler(event, context):
    print("before", event)
    if event == "raise":
        raise KeyError(event)
    return {1, 2} if event == "no JSON" else {"given": event}
"""


@pytest.fixture(scope="module")
def script() -> str:
    """What the emulator runs in a process of Python."""
    ask = "from ministack.core.lambda_runtime import _PYTHON_WORKER_SCRIPT as found; print(found)"
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", ask], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_each_answer_follows_a_mark_and_an_exception_does_not_end_the_process(
    script: str, tmp_path: Path
) -> None:
    (tmp_path / "function.py").write_text(HANDLER)
    init = {"code_dir": str(tmp_path), "module": "function", "handler": "handler"}
    calls = ["one", "raise", "no JSON", "two"]
    lines = [json.dumps(init), *(json.dumps({"event": event}) for event in calls)]
    done = subprocess.run(
        [sys.executable, "-c", marking(script)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    ready, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ready["status"] == "ready"
    assert [answer["status"] for answer in answers] == ["ok"] * 4
    assert [answer.get("raised", False) for answer in answers] == [False, True, True, False]
    assert answers[0]["result"] == {"given": "one"}
    assert "KeyError: 'raise'" in answers[1]["trace"]
    assert done.stderr.splitlines() == [
        line for event in calls for line in (f"before {event}", OUT)
    ]


def test_another_script_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="has changed"):
        marking(script.replace('"status": "ok"', '"status": "fine"'))


def test_what_was_raised_is_an_error_for_the_emulator() -> None:
    answers: list[dict[str, Any]] = [
        {"status": "ok", "raised": True, "error": "no"},
        {"status": "ok", "result": 1},
    ]
    invoke = raising(lambda: answers.pop(0))
    assert invoke() == {"status": "error", "error": "no"}
    assert invoke() == {"status": "ok", "result": 1}


def worker(*lines: str, ended: int | None = None) -> Any:
    found: queue.Queue[str] = queue.Queue()
    for line in lines:
        found.put(line)
    return SimpleNamespace(_stderr_queue=found, _proc=SimpleNamespace(poll=lambda: ended))


def test_the_lines_of_a_call_are_those_before_the_mark() -> None:
    process = worker("a", "", "b", OUT, "of the next call", OUT)
    assert until_the_mark(process) == "a\n\nb"
    assert until_the_mark(process) == "of the next call"


def test_a_process_that_is_gone_is_not_waited_for() -> None:
    assert until_the_mark(worker("last words", ended=-9)) == "last words"


def test_the_processes_of_one_zip_share_one_folder_compiled_modules_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = SharedCode(zipfile)
    places = []
    for name, text in {"one": "x = 1", "two": "x = 1", "three": "x = 2"}.items():
        place = tmp_path / name
        place.mkdir()
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("top.py", text)
            archive.writestr(zipfile.ZipInfo("package/inner.py"), text)
        places.append(place)
    # The same bytes again: two processes of one function.
    (tmp_path / "two.zip").write_bytes((tmp_path / "one.zip").read_bytes())
    for place in places:
        with code.ZipFile(f"{place}.zip") as archive:
            archive.extractall(str(place))
    one, two, three = places
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    run = "import top, package.inner; print(top.x + package.inner.x)"
    for place, total in ((one, "2"), (three, "4")):
        done = subprocess.run(
            [sys.executable, "-c", run], cwd=place, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == total
    assert list((two / "__pycache__").glob("top.*.pyc"))
    assert list((two / "package" / "__pycache__").glob("inner.*.pyc"))
    assert (one / "package").resolve() == (two / "package").resolve()
    assert (one / "package").resolve() != (three / "package").resolve()
