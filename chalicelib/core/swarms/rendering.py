"""A configuration as text in a format that `formats` reads (S3, snapshot). Secrets are redacted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.core.swarms import elixir_writer
from chalicelib.core.swarms.config import to_dict
from chalicelib.core.swarms.model import SwarmConfig
from chalicelib.core.swarms.redaction import redacted

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_NO_TEXT: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def render_exs(config: SwarmConfig) -> str:
    """An Elixir map literal."""
    return elixir_writer.render(config)


def render_json(config: SwarmConfig) -> str:
    """JSON, indented by two."""
    return json.dumps(redacted(to_dict(config)), indent=2, ensure_ascii=False) + "\n"


def render_yaml(config: SwarmConfig) -> str:
    """YAML. Texts are quoted unless they are plain words: no version of YAML takes them for
    anything else."""
    import yaml  # heavy: only who writes YAML pays for it

    def represent_text(dumper: Any, text: str) -> Any:
        plain = _PLAIN.match(text) and text.lower() not in _NO_TEXT
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')

    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    dumper.add_representer(str, represent_text)
    return str(
        yaml.dump(
            redacted(to_dict(config)),
            Dumper=dumper,
            allow_unicode=True,
            default_flow_style=False,
            sort_keys=False,
            width=100,
        )
    )


RENDERERS: Final[Mapping[str, tuple[Callable[[SwarmConfig], str], str]]] = {
    "exs": (render_exs, "text/x-elixir"),
    "json": (render_json, "application/json"),
    "yaml": (render_yaml, "application/yaml"),
    "yml": (render_yaml, "application/yaml"),
}
"""What writes a format, and its media type."""
