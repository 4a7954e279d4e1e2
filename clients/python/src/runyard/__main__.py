"""`python -m runyard` is the command line."""

from __future__ import annotations

import sys

from runyard.cli import main

if __name__ == "__main__":
    sys.exit(main())
