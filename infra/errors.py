"""The one error that a person at the terminal sees as one line (or block), without a traceback."""

from __future__ import annotations


class InfraError(Exception):
    """Something about packaging, deploying or the local stack; the text says what to do."""
