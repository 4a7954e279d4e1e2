"""What an action used that is counted: tokens, by model and kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def usage_of(action: str, output: Any) -> Mapping[str, Mapping[str, int]]:
    """`{model: {"input": n, "output": m}}` of a model's answer; empty for other actions."""
    if not action.startswith("ai/") or not isinstance(output, Mapping):
        return {}
    usage = output.get("usage") or {}
    return {
        str(output.get("model")): {
            "input": int(usage.get("input_tokens", 0)),
            "output": int(usage.get("output_tokens", 0)),
        }
    }
