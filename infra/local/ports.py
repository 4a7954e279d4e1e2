"""Where a stack listens: as the environment says, or where it did the last time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from infra.errors import InfraError

EMULATOR_PORT: Final = 4566
FRONT_PORT: Final = 8000
EMULATOR_PORT_SETTING: Final = "RUNYARD_EMULATOR_PORT"
FRONT_PORT_SETTING: Final = "RUNYARD_PORT"
_DEFAULTS: Final = {EMULATOR_PORT_SETTING: EMULATOR_PORT, FRONT_PORT_SETTING: FRONT_PORT}


def chosen(home: Path, setting: str) -> int:
    """The port that `setting` chooses; without it the one of the last start in this home.
    Raises InfraError."""
    text = os.environ.get(setting)
    if text is None:
        return remembered(home).get(setting, _DEFAULTS[setting])
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise InfraError(f"{setting}={text} is no port number")
    return int(text)


def remembered(home: Path) -> dict[str, int]:
    """The ports of the last start, by their settings."""
    try:
        found: dict[str, int] = json.loads(_file(home).read_text())
    except FileNotFoundError:
        return {}
    return found


def remember(home: Path, *, emulator: int, front_door: int) -> None:
    """For the commands that come later."""
    ports = {EMULATOR_PORT_SETTING: emulator, FRONT_PORT_SETTING: front_door}
    _file(home).write_text(json.dumps(ports))


def _file(home: Path) -> Path:
    return home / "ports.json"
