"""Where things lie in the project's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / ".build"
"""Everything here can be deleted at any time."""
LOCAL: Final = ROOT / ".local"
"""The local stack's home: state, logs, pid files, credentials."""
EMULATOR_PYTHON: Final = ROOT / ".venv-emulator" / "bin" / "python"
