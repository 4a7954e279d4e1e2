"""S3, the socket: Phoenix frames in both versions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.swarms.phoenix import (
    V1,
    V2,
    Frame,
    Version,
    frame_value,
    read_frame,
    reply,
    swarm_of,
    topic_of,
    version_of,
)

TEXTS = st.text(max_size=20)
PAYLOADS = st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS, max_size=4)
FRAMES = st.builds(
    Frame,
    topic=TEXTS,
    event=TEXTS,
    payload=PAYLOADS,
    ref=st.none() | TEXTS,
    join_ref=st.none() | TEXTS,
)


@given(FRAMES, st.sampled_from([V1, V2]))
def test_a_frame_that_is_written_can_be_read(frame: Frame, version: Version) -> None:
    assert read_frame(json.dumps(frame_value(frame, version)), version) == frame


def test_version_2_is_an_array_and_version_1_an_object() -> None:
    frame = Frame("swarm:a", "phx_join", {}, "2", "1")
    assert frame_value(frame, V2) == ["1", "2", "swarm:a", "phx_join", {}]
    assert frame_value(frame, V1) == {
        "topic": "swarm:a",
        "event": "phx_join",
        "payload": {},
        "ref": "2",
        "join_ref": "1",
    }


def test_a_version_1_client_may_know_no_join_ref_and_count_in_numbers() -> None:
    found = read_frame('{"topic": "t", "event": "e", "payload": {}, "ref": 3}', V1)
    assert found == Frame("t", "e", {}, "3", None)


@pytest.mark.parametrize(
    ("query", "version"),
    [({}, V1), ({"vsn": "1.0.0"}, V1), ({"vsn": "2.0.0"}, V2), ({"vsn": "3.0.0"}, None)]
    + [({"vsn": bad}, None) for bad in ("", "2", "x", "2.0.0\n")],
)
def test_the_handshake_names_the_version(query: dict[str, str], version: Version | None) -> None:
    assert version_of(query) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", V2),
        ("{", V2),
        ("null", V2),
        ("{}", V2),
        ("[]", V1),
        ('["1", "2", "t", "e"]', V2),
        ('["1", "2", 3, "e", {}]', V2),
        ('["1", "2", "t", null, {}]', V2),
        ('[true, "2", "t", "e", {}]', V2),
        ('["1", {}, "t", "e", {}]', V2),
        (json.dumps(["1", "2", "t" * 301, "e", {}]), V2),
        ('{"topic": "t"}', V1),
        ("[" * 100_000, V2),
    ],
)
def test_what_is_no_frame_is_refused(text: str, version: Version) -> None:
    with pytest.raises(ValueError):
        read_frame(text, version)


@given(st.text(), st.sampled_from([V1, V2]))
def test_no_text_breaks_the_reader(text: str, version: Version) -> None:
    try:
        read_frame(text, version)
    except ValueError:
        return


def test_a_reply_has_the_references_of_its_request() -> None:
    asked = Frame("swarm:a", "get_status", {}, "7", "1")
    assert reply(asked, {"x": 1}) == Frame(
        "swarm:a", "phx_reply", {"status": "ok", "response": {"x": 1}}, "7", "1"
    )
    assert reply(asked, {}, ok=False).payload["status"] == "error"


def test_topics_are_of_swarms() -> None:
    assert swarm_of(topic_of("demo")) == "demo"
    for other in ("swarm:", "swarm", "phoenix", "run:demo", ""):
        assert swarm_of(other) is None
