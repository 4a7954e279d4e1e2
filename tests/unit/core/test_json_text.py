"""JSON from outside is read strictly, and every refusal is a ValueError with a readable reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.json_text import read_json

values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{} {}", "Extra data"),
        ("[NaN]", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ('{"a": 1, "a": 1}', "twice"),
        ('[{"a": {"b": 1, "b": 2}}]', "twice"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('["\\ud800"]', "half a surrogate pair"),
        ('{"\\udc00x": 1}', "half a surrogate pair"),
        ("9" * 5000, "digits"),
    ],
)
def test_what_is_refused_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_json(text)


@given(values.filter(lambda value: value not in (float("inf"), float("-inf"))))
def test_every_value_is_read_back_as_it_was(value: Any) -> None:
    text = json.dumps(value)
    if "Infinity" not in text:
        assert read_json(text) == value


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert read_json('"\\ud83d\\ude00"') == "\U0001f600"
