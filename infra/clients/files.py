"""Which files are generated, and with what in them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.clients.python import modules
from infra.errors import InfraError
from infra.paths import ROOT

PACKAGE: Final = ROOT / "clients" / "python" / "src" / "runyard"


def python_files() -> dict[Path, str]:
    """Each generated file of the Python client with its text, as the committed documents want it."""
    docs = ROOT / "docs"
    made = modules(_read(docs / "openapi.json"), _read(docs / "asyncapi.json"))
    return {PACKAGE / name: text for name, text in formatted(made).items()}


def generated(package: Path) -> set[Path]:
    """The files in a package that nobody writes by hand."""
    return {package / "types.py", package / "events.py", *(package / "api").glob("*.py")}


def formatted(made: Mapping[str, str]) -> dict[str, str]:
    """The modules as ruff writes them, by the project's own settings. Raises InfraError where one is
    no Python."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in made.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        settings = f"--config={ROOT / 'pyproject.toml'}"
        sort = ["check", "--select=I,F401,F811", "--fix", "--no-cache", settings]
        for command in (sort, ["format", "--no-cache", settings]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--quiet", name],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise InfraError(f"generated Python is wrong:\n{done.stdout}{done.stderr}")
        return {path: (folder / path).read_text() for path in made}


def _read(path: Path) -> Any:
    return json.loads(path.read_text())
