"""Random swarms for hypothesis, and Elixir itself as a judge."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from chalicelib.core.swarms.kinds import BACKENDS, HANDLERS, OPTIONS
from chalicelib.core.swarms.model import AgentSpec, Backend, ObjectSpec, SwarmConfig
from chalicelib.core.swarms.redaction import redacted

MISSING = "Elixir judges these tests and is not installed: sudo apt-get install -y elixir"
EVALUATE = Path(__file__).with_name("evaluate.exs")

NASTY = ["nil", "true", "end", "do", "fn", "__MODULE__", "#{1}", "\\#{", '"""', "a: 1", "~w(", "\u202e", "\\", "0o10", "1e3", "~", "é", "<<", "%{}", "'", "\ufeff", "\u2028", "\x85", "😀", " x ", "\r\n"]  # fmt: skip
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,8}", fullmatch=True) | st.sampled_from(
    ["nil", "true", "false", "end", "do", "when", "a-b", "Upper", "x" * 64]
)
TEXTS = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
KEYS = TEXTS.filter(lambda key: redacted({key: 1}) == {key: 1})
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4)


@st.composite
def backends(draw: Any) -> Backend:
    """A backend, with the options that it needs and others."""
    kind = draw(st.sampled_from(sorted(BACKENDS)))
    options = draw(st.just({}) | CONFIGS)
    options.pop("type", None)
    if (own := OPTIONS.get(kind)) is not None:
        options[own] = draw(CONFIGS if own == "opts" else LINES)
    return Backend(kind, options)


@st.composite
def swarm_configs(draw: Any) -> SwarmConfig:
    """A configuration without problems and without secrets."""
    names = draw(st.lists(NAMES, unique=True, max_size=6))
    border = draw(st.integers(0, len(names)))
    listed = st.lists(LINES, unique=True, max_size=3).map(tuple)
    agents = tuple(
        AgentSpec(
            name,
            backend=draw(backends()),
            skills=draw(listed),
            model=draw(st.none() | LINES),
            endpoint=draw(st.none() | LINES),
            presets=draw(listed),
            config=draw(CONFIGS),
        )
        for name in names[:border]
    )
    objects = tuple(
        ObjectSpec(
            name,
            draw(st.sampled_from(sorted(HANDLERS))),
            backend=draw(st.none() | backends()),
            config=draw(CONFIGS),
        )
        for name in names[border:]
    )
    ends = st.sampled_from([*names, "metrics", "tick", "gateway"])
    edges = draw(st.lists(st.tuples(ends, ends), unique=True, max_size=8))
    topology = tuple(edge for edge in edges if edge[0] != edge[1])
    return SwarmConfig(draw(NAMES), agents, objects, topology)


def elixir(texts: Sequence[str], folder: Path) -> list[Any]:
    """What Elixir evaluates texts to, in one start of it: atoms as text, tuples and charlists as
    lists, and `{"error": …}` for what it refuses."""
    program = shutil.which("elixir")
    if program is None:
        pytest.fail(MISSING)
    source, result = folder / "texts", folder / "values"
    source.write_bytes(b"\0".join(text.encode() for text in texts))
    subprocess.run(
        [program, str(EVALUATE), str(source), str(result)],
        check=True,
        env={
            "PATH": str(Path(program).parent) + ":/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(folder),
        },
    )
    values = [json.loads(line) for line in result.read_text().splitlines()]
    assert len(values) == len(texts)
    return values
