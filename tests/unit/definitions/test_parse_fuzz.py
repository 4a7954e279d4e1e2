"""Whatever comes in: a value, or a refusal of ours."""

from __future__ import annotations

import json
from typing import Any

from definition_fakes import Actions
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.definitions.parse import CONTENT_TYPES, parse_document
from chalicelib.core.definitions.workflow import read_workflow
from chalicelib.core.errors import RunyardError

VALID = """\
name: sample
inputs: {city: {type: string, default: Bern}}
timeout: 1h
steps:
  - name: fetch
    action: http/request
    params: {url: "https://example.com/{{ inputs.city }}", n: [1, 2.5, null, true]}
    retry: {max_attempts: 3, interval: 2s, backoff: exponential}
  - &second
    name: use
    action: transform
    if: steps.fetch.output.status == 200
    params: {x: "{{ steps.fetch.output }}"}
outputs: {x: "{{ steps.use.output.x }}"}
"""
TYPES = st.sampled_from(CONTENT_TYPES)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def only_refuses(raw: bytes, content_type: str) -> None:
    try:
        read_workflow(parse_document(raw, content_type), actions=Actions())
    except RunyardError as refusal:
        assert 400 <= refusal.status < 500 or refusal.status == 501


@settings(deadline=None)
@given(st.binary(max_size=300) | TEXTS.map(str.encode), TYPES)
def test_random_bytes_are_refused_or_read(raw: bytes, content_type: str) -> None:
    only_refuses(raw, content_type)


@settings(deadline=None, max_examples=300)
@given(st.data(), TYPES)
def test_mutated_documents_are_refused_or_read(data: st.DataObject, content_type: str) -> None:
    source = VALID
    if content_type == "application/json":
        source = json.dumps(parse_document(VALID.encode(), "text/yaml").value, indent=1)
    raw = bytearray(source.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        length = data.draw(st.integers(0, 8))
        raw[place : place + length] = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b"&a ", b"*a", b"!!x ", b"[", b"{", b"- ", b": ", b"\n", b'"', b"|"])
        )
    only_refuses(bytes(raw), content_type)


@settings(deadline=None)
@given(VALUES)
def test_any_json_value_is_read_as_a_definition_or_refused(value: Any) -> None:
    only_refuses(json.dumps(value).encode(), "application/json")
    only_refuses(json.dumps({"name": "x", "steps": [value], "hooks": value}).encode(), "text/yaml")


@settings(deadline=None)
@given(VALUES)
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)):
        found = parse_document(text.encode(), "application/json").value
        assert found == json.loads(text)
        assert repr(found) == repr(json.loads(text))


def as_yaml(value: Any, indent: str = "") -> str:
    """Block style YAML, by hand, so that no library's idea of YAML 1.1 is in it."""
    if isinstance(value, dict) and value:
        lines = [
            f"{indent}? {quoted(key)}\n{indent}:{below(child, indent)}"
            for key, child in value.items()
        ]
        return "".join(lines)
    if isinstance(value, list) and value:
        return "".join(f"{indent}-{below(child, indent)}" for child in value)
    return f"{indent}{scalar(value)}\n"


def below(child: Any, indent: str) -> str:
    if isinstance(child, dict | list) and child:
        return "\n" + as_yaml(child, indent + "  ")
    return f" {scalar(child)}\n"


def scalar(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    escaped = "".join(f"\\U{ord(character):08x}" for character in text)
    return f'"{escaped}"'


@settings(deadline=None)
@given(VALUES)
def test_equal_yaml_and_json_are_equal_values_with_one_hash(value: Any) -> None:
    from_json = parse_document(json.dumps(value).encode(), "application/json").value
    from_yaml = parse_document(as_yaml(value).encode(), "application/yaml").value
    assert repr(from_json) == repr(from_yaml)
    assert content_hash(from_json) == content_hash(from_yaml)
