"""The content hash."""

from __future__ import annotations

import re

from definition_fakes import read

from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.definitions.parse import parse_document


def test_it_is_sha_256_in_hex() -> None:
    assert re.fullmatch("[0-9a-f]{64}", content_hash({}))


def test_the_order_of_members_does_not_count_and_of_items_does() -> None:
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash([1, 2]) != content_hash([2, 1])


def test_comments_quotes_and_style_do_not_count() -> None:
    yaml = parse_document(b"# hi\nname: 'x'\nsteps:\n- {name: a}\n", "text/yaml").value
    json = parse_document(b'{"steps":[{"name":"a"}],"name":"x"}', "application/json").value
    assert content_hash(yaml) == content_hash(json)


def test_numbers_that_are_written_differently_differ_when_their_type_does() -> None:
    assert content_hash(1) != content_hash(1.0)
    assert content_hash(parse_document(b"1e2", "text/yaml").value) == content_hash(100.0)


def test_a_plan_survives_its_json() -> None:
    plan = read("name: x\nsteps: [{name: a, action: transform, params: {n: [1]}}]")
    assert type(plan).from_dict(plan.to_dict()) == plan
