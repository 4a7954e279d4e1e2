"""The zip, reproducible: same content, same bytes, so that its hash can be its name."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from infra import dependencies
from infra.errors import InfraError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
SIZE_LIMIT = 8_000_000
"""Bytes. Lambda would take 50 MB; a small zip starts sooner."""
_FORBIDDEN = ("boto3/", "botocore/", "pip/", "antlr4/", "chalice/cli/", "chalice/deploy/")
"""In Lambda's runtime already, or needed only to build."""


def entries(chalice_zip: Path, packages: Path) -> dict[str, bytes]:
    """Name → content: what Chalice bundled (app.py, chalicelib, its runtime) and the packages."""
    found = {
        path.relative_to(packages).as_posix(): path.read_bytes()
        for path in packages.rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(chalice_zip) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not dependencies.is_clutter(name):
                found[name] = archive.read(name)
    return found


def write(content: dict[str, bytes], out_dir: Path) -> tuple[Path, str]:
    """Writes `<hash>.zip` and returns its path and hash (SHA-256 of the bytes, hex).

    Raises InfraError when it is too large or holds what must not be in it."""
    strays = sorted(name for name in content if name.startswith(_FORBIDDEN))
    if strays:
        raise InfraError(f"{strays[0]} must not be in the zip ({len(strays)} such files)")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever this is built: the mode below is Unix's
            entry.external_attr = _MODE
            archive.writestr(entry, content[name])
    data = buffer.getvalue()
    if len(data) > SIZE_LIMIT:
        raise InfraError(f"the zip has {len(data):,} bytes; the budget is {SIZE_LIMIT:,}")
    digest = hashlib.sha256(data).hexdigest()
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / f"{digest[:32]}.zip"
    path.write_bytes(data)
    return path, digest
