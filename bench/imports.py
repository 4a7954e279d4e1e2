"""What a cold start imports, and what it has to unpack."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator

from bench.rows import Row, against
from infra import package
from infra.functions import environment
from infra.paths import ROOT

_ROUNDS = 7
_OURS = "import app"
# Pydantic gives its names lazily: the plain import does next to nothing.
_REFERENCE = "import boto3, chalice\nfrom pydantic import BaseModel"
_LINE = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| (\s*)(\S+)")


def rows() -> Iterator[Row]:
    """Import time (median of several runs, taken in turns) and the zip."""
    ours: list[float] = []
    reference: list[float] = []
    for _ in range(_ROUNDS):
        ours.append(_milliseconds(_OURS))
        reference.append(_milliseconds(_REFERENCE))
    yield against(
        "import app.py | chalice + boto3 + pydantic",
        statistics.median(ours),
        statistics.median(reference),
        "ms",
        1.25,
        digits=0,
    )
    built = package.package("local")
    with zipfile.ZipFile(built.zip_path) as archive:
        strays = [name for name in archive.namelist() if name.startswith(("boto3/", "botocore/"))]
    megabytes = built.zip_bytes / 1e6
    inside = "boto3 inside" if strays else "without boto3"
    yield Row(
        f"deployment zip, {inside}", f"{megabytes:.1f} MB", budget="≤ 8 MB", most=8, value=megabytes
    )


def _milliseconds(code: str) -> float:
    """What Python itself says that the imports of a line of code take, start-up left out."""
    plain = {name: value for name, value in environment("0").items() if isinstance(value, str)}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **plain},
    )
    _, _, after_startup = done.stderr.partition("| site\n")
    outermost = (_LINE.match(line) for line in after_startup.splitlines())
    return sum(int(found[1]) for found in outermost if found and not found[2]) / 1000
