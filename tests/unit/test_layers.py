"""Imports point one way, and what must not exist does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "chalicelib"

ALLOWED = {
    "core": {"core"},
    "cloud": {"core", "cloud"},
    "store": {"core", "store", "cloud"},
    "actions": {"core", "actions", "cloud"},
    "brains": {"core", "actions", "brains", "cloud"},
    "api": {
        *("core", "store", "api", "services", "settings", "telemetry"),
        *("asyncapi", "definition_schema"),
    },
    "workers": {
        *("core", "store", "cloud", "actions", "brains"),
        *("workers", "services", "telemetry"),
    },
}
"""Who may import whom. `store` takes from `cloud` only what a failed AWS call means."""

NOT_IN_CORE = {"boto3", "botocore", "chalice", "aws_lambda_powertools", "requests", "urllib3"}


def modules(folder: str) -> list[Path]:
    return sorted((CODE / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_one_way(folder: str) -> None:
    for path in modules(folder):
        for name in imports(path):
            if name.startswith("chalicelib."):
                assert name.split(".")[1] in ALLOWED[folder], f"{path.name} imports {name}"


def test_the_core_knows_neither_aws_nor_http() -> None:
    for path in modules("core"):
        assert not {name.split(".")[0] for name in imports(path)} & NOT_IN_CORE, path


def test_only_store_and_cloud_make_aws_calls() -> None:
    for folder in ("core", "api", "workers", "actions", "brains"):
        for path in modules(folder):
            assert not re.search(r"\bboto3\.(client|resource)\(", path.read_text()), path


def test_nothing_scans() -> None:
    for path in CODE.rglob("*.py"):
        assert ".scan(" not in path.read_text(), path


def test_the_environment_is_read_in_one_place() -> None:
    readers = {p.name for p in CODE.rglob("*.py") if "os.environ" in p.read_text()}
    # The docstring of settings.py speaks of it too; nobody else does.
    assert readers == {"settings.py"}


def test_a_run_is_given_a_status_only_by_the_lifecycle() -> None:
    """`status` is written by creating, admitting, settling, fencing, asking and finishing only."""
    writers = {
        path.relative_to(CODE).as_posix()
        for path in CODE.rglob("*.py")
        if re.search(r"SET [^\"]*#status\b|\"status\": \w+\.status\.value", path.read_text())
    }
    shown = {"workers/finish.py", "core/runs/events.py", "core/swarms/views.py"}
    assert writers - shown == {
        "store/places.py",
        "store/suspensions.py",  # running ⇄ waiting
        "store/approvals.py",  # the steps that ask, and the nodes that hold
        "store/holds.py",
        "store/run_items.py",
        "store/runs.py",
    }


def test_no_file_is_a_house() -> None:
    long = {p.name: n for p in CODE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}
