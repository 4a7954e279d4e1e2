"""The Python client as others get it: a wheel that is whole, typed, and light to import."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import runyard
from infra.clients.files import PACKAGE
from infra.clients.typescript import FOLDER
from infra.paths import ROOT

SOURCE = ROOT / "clients" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(SOURCE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(folder / "source")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (folder / "source" / "dist").glob("*.whl")
    return found


def test_the_wheel_has_every_module_and_says_that_it_is_typed(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("runyard/")}
    modules = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*.py")}
    assert names == modules | {"runyard/py.typed"}


def test_the_import_is_light_and_everything_public_is_there(wheel: Path) -> None:
    program = (
        "import sys, runyard\n"
        "assert not {'httpx', 'websockets'} & set(sys.modules)\n"
        "print(runyard.__file__, *[name for name in runyard.__all__ if not hasattr(runyard, name)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{wheel}/runyard/__init__.py"


def test_every_exception_of_the_tree_is_public() -> None:
    found = [runyard.RunyardError]
    for one in found:
        found.extend(one.__subclasses__())
    assert {one.__name__ for one in found} <= set(runyard.__all__)
    assert all(one.__name__ in (runyard.errors.__doc__ or "") for one in found)


def test_the_clients_have_the_projects_version() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    python = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["version"]
    typescript = json.loads((FOLDER / "package.json").read_text())["version"]
    assert whole == python == typescript == runyard.__version__


def test_the_command_is_in_the_wheel_and_its_libraries_are_an_extra(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    (info,) = {name.split("/")[0] for name in files.namelist() if ".dist-info/" in name}
    assert "runyard = runyard.cli:main" in files.read(f"{info}/entry_points.txt").decode()
    needs = re.findall(
        r"^Requires-Dist: ([A-Za-z]+)(.*)$", files.read(f"{info}/METADATA").decode(), re.M
    )
    extra = {name for name, more in needs if 'extra == "cli"' in more}
    assert (extra, {name for name, _ in needs} - extra) == (
        {"click", "PyYAML"},
        {"httpx", "websockets"},
    )


def test_the_clients_do_not_need_the_commands_libraries() -> None:
    others = [
        path for path in PACKAGE.rglob("*.py") if "cli" not in path.relative_to(PACKAGE).parts
    ]
    for path in others:
        assert not re.search(r"^\s*(from|import) (click|yaml)\b", path.read_text(), re.M), path
