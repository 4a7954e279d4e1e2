"""Configuration files of swarms as texts."""

from __future__ import annotations

import json

from chalicelib.core.swarms.config import read_config, to_dict
from chalicelib.core.swarms.formats import format_of_path, parse_document
from chalicelib.core.swarms.model import SwarmConfig


def read_seed(text: str, path: str) -> SwarmConfig:
    """The configuration in a file, in the format that its name ends in. Raises Invalid with all
    problems, BadRequest or TooLarge for what cannot be read at all."""
    document = parse_document(text, format_of_path(path))
    return read_config(document.value, document.lines)


def write_seed(config: SwarmConfig) -> str:
    """A configuration as JSON, which `read_seed` reads back."""
    return json.dumps(to_dict(config), separators=(",", ":"))
