"""`python -m infra.clients.typescript`: makes and compiles the TypeScript client.

npm installs what `clients/typescript/package-lock.json` pins, once: stamps hold the hash of what was
installed and built, and a lock file keeps processes from doing it at the same time.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.errors import InfraError
from infra.node import node, npm
from infra.paths import BUILD, ROOT

FOLDER: Final = ROOT / "clients" / "typescript"
DIST: Final = FOLDER / "dist"
"""The compiled client: `runyard.js` and its types."""
COMPILER: Final = "node_modules/typescript/bin/tsc"
_MODULES: Final = FOLDER / "node_modules"
_PINS: Final = (FOLDER / "package.json", FOLDER / "package-lock.json", FOLDER / ".npmrc")


def build() -> Path:
    """The folder of the compiled client, made anew where anything it is made of has changed. Raises
    InfraError where a package cannot be had or the types do not fit."""
    with _alone():
        _install()
        stamp, wanted = DIST / ".ready", _hash(_sources())
        if _read(stamp) != wanted:
            shutil.rmtree(DIST, ignore_errors=True)
            _expect("generate", node("generate.mjs", folder=FOLDER))
            _expect("compile", node(COMPILER, folder=FOLDER))
            stamp.write_text(wanted)
    return DIST


def _install() -> None:
    stamp, wanted = _MODULES / ".ready", _hash(_PINS)
    if _read(stamp) != wanted:
        _expect("install", npm("ci", folder=FOLDER))
        stamp.write_text(wanted)


def _sources() -> list[Path]:
    docs = ROOT / "docs"
    made_by = [FOLDER / "generate.mjs", FOLDER / "tsconfig.json"]
    written = sorted((FOLDER / "src").glob("*.ts"))
    return [*_PINS, *made_by, *written, docs / "openapi.json", docs / "asyncapi.json"]


def _expect(what: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise InfraError(f"the TypeScript client: {what} failed\n{done.stdout}{done.stderr}")


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


@contextmanager
def _alone() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "typescript.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    build()
