"""Reads `infra/template.yaml` with CloudFormation's short tags (`!Ref`, `!GetAtt`, …)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.errors import InfraError


class _Loader(yaml.SafeLoader):
    """SafeLoader plus the short tags."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise InfraError(f"{node.start_mark}: !{suffix} takes a word or a list")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def read(path: Path) -> dict[str, Any]:
    """The template in long form, as plain data."""
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    return found
