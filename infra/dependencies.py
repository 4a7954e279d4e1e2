"""The third-party packages of the zip: installed once per lock file and architecture, then kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import Final

from infra.errors import InfraError

HOST: Final = "host"
"""This machine itself, whatever it is: the emulator runs the functions as its own processes."""
# pip takes a platform tag literally, so older ones must be named. Nothing newer than glibc 2.26:
# Lambda's Python 3.11 runs on that (google-re2 has such a wheel for arm64, none for x86_64).
_PLATFORMS: Final = {
    HOST: (),
    "arm64": ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_26_aarch64"),
}
# Nobody reads these in the zip. METADATA stays (pydantic asks for versions), and so do licences.
_CLUTTER_NAMES: Final = {"RECORD", "WHEEL", "INSTALLER", "REQUESTED", "top_level.txt", "py.typed"}
_CLUTTER_SUFFIXES: Final = {".pyc", ".pyi", ".pyx", ".pxd", ".c", ".h"}
_CLUTTER_FOLDERS: Final = {"__pycache__", "tests", "bin"}
_CLUTTER_TREES: Final = (
    # The API documentation page of Powertools' own router, which Runyard does not use.
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    # A second copy of the time zones, which the package tzdata has.
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
    "lark/__pyinstaller",
)


def installed(lock: Path, cache: Path, target_platform: str) -> Path:
    """A folder with the packages of `lock` for a platform (`host`, `arm64`), trimmed.

    Raises InfraError with pip's own words when they cannot be installed."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    # This file's own text is part of the key: what it trims decides what lies in the folder.
    key = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    target = cache / f"{key}-{version}-{target_platform}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        found = Path(scratch) / "packages"
        _install(lock, found, target_platform, version)
        _trim(found)
        try:
            found.rename(target)
        except OSError:  # another build was faster; its folder is as good
            if not target.is_dir():
                raise
    return target


def _install(lock: Path, target: Path, target_platform: str, version: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:"]
    command += ["--target", str(target), "--requirement", str(lock)]
    if target_platform != HOST:
        command += ["--implementation", "cp", "--python-version", version]
    for tag in _PLATFORMS[target_platform]:
        command += ["--platform", tag]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InfraError(f"pip could not install {lock.name} for {target_platform}:\n{done.stderr}")


def is_clutter(name: str) -> bool:
    """Whether a file of the packages, by its path in them, is of no use at run time."""
    path = PurePosixPath(name)
    if name.startswith(_CLUTTER_TREES):
        return True
    return (
        path.name in _CLUTTER_NAMES
        or path.suffix in _CLUTTER_SUFFIXES
        or bool(_CLUTTER_FOLDERS.intersection(path.parts[:-1]))
    )


def _trim(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and is_clutter(path.relative_to(folder).as_posix()):
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)
