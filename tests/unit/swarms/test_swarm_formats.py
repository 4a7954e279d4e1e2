"""A configuration in every format, back and forth. Elixir is the judge of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import BadRequest, RunyardError, TooLarge
from chalicelib.core.swarms import elixir_writer, formats
from chalicelib.core.swarms.config import read_config, to_dict
from chalicelib.core.swarms.formats import format_of_path, parse, parse_document
from chalicelib.core.swarms.model import AgentSpec, Backend, SwarmConfig
from chalicelib.core.swarms.rendering import RENDERERS
from tests.support.swarm_configs import TEXTS, elixir, swarm_configs

CONFIG = """\
# A small swarm.
%{
  name: "research",
  agents: [
    %{name: :coder, backend: {:docker, "coder"}, skills: ~w(python tests)},
    %{name: :"re-viewer", backend: :mock, config: %{"n" => 1_000, rate: 2.5e-3}},
  ],
  objects: [%{name: :count, handler: Genswarms.Objects.Counter}],
  topology: [{:coder, :"re-viewer"}, {:"re-viewer", :count}]
}
"""


def same(one: Any, other: Any) -> bool:
    """Unlike `==`, it tells 1 from 1.0 and from true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("format", ["exs", "json", "yaml"])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(config=swarm_configs())
def test_what_is_rendered_is_read_back_as_the_same(format: str, config: SwarmConfig) -> None:
    render, _ = RENDERERS[format]
    assert read_config(parse(render(config), format)) == config


def test_elixir_evaluates_what_is_rendered_to_what_our_reader_reads(tmp_path: Path) -> None:
    rendered: list[str] = []

    @settings(
        deadline=None,
        max_examples=150,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(swarm_configs())
    def collect(config: SwarmConfig) -> None:
        rendered.append(elixir_writer.render(config))

    collect()
    for text, value in zip(rendered, elixir(rendered, tmp_path), strict=True):
        assert same(parse(text, "exs"), value), text


LITERALS = [
    CONFIG,
    "%{}",
    "[]",
    "{}",
    "nil",
    ":nil",
    ':"true"',
    ":b@c",
    ":ok?",
    "Elixir.Foo",
    "Foo.Bar",
    "[a: 1, a: 2]",
    "[1, a: 2, b: 3]",
    '%{"a" => 1, :b => 2, c: [3,],}',
    "%{do: 1, end: 2, nil: 3, true: 4, and: 5}",
    "[1_000, -1, 0x1F, 0b101, -0o17, 1.5, -2.0e3, 1.0E-2, 1_0.0_1]",
    "[9223372036854775807, -9223372036854775808]",
    r'"\n\t\r\s\a\b\d\e\f\v\\\"\#{x}\q\x41\u00e9\u{1F600}"',
    '"a\\\nb\nc # no comment"',
    '"#x # {"',
    '"""\n  a\n    b "c" \\""" d\n\n  e\\\n  f\n  """',
    '"""\n"""',
    '%{a: """\n    x\n  y\n   """}',
    "~w(a b c)",
    "~w[a b]a",
    '~W(a#{1} \\n)',
    "~s(a \"b\" \\) \\n)",
    "~S(a#{1} \\n)",
    "~s|a|",
    '~S"""\n  a\\n #{1}\n  """',
    "[ # one\n 1, # two\n 2\n] # three",
    ':"with \\" and \\u00e9"',
    '"é😀"',
]  # fmt: skip


def test_literals_mean_what_elixir_says(tmp_path: Path) -> None:
    for text, value in zip(LITERALS, elixir(LITERALS, tmp_path), strict=True):
        assert same(parse(text, "exs"), value), text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[a: 1, b: 2]", {"a": 1, "b": 2}),
        ('["a b": 1, c: "d"]', {"a b": 1, "c": "d"}),
        ("{:docker, image: 1}", ["docker", {"image": 1}]),
        ("'abc'", "abc"),
        (r"'it\'s'", "it's"),
    ],
)
def test_keyword_lists_are_maps_and_charlists_texts(text: str, value: Any) -> None:
    assert parse(text, "exs") == value


def test_a_configuration_as_authors_write_it() -> None:
    config = read_config(parse(CONFIG, "exs"))
    assert [agent.name for agent in config.agents] == ["coder", "re-viewer"]
    assert config.agents[0].backend == Backend("docker", {"image": "coder"})
    assert config.agents[0].skills == ("python", "tests")
    assert config.agents[1].config == {"n": 1_000, "rate": 2.5e-3}
    assert config.objects[0].handler == "counter"
    assert config.topology == (("coder", "re-viewer"), ("re-viewer", "count"))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('%{\n  name: System.get_env("X")\n}', 2, "`System.get_env`"),
        ("%{\n\n a: foo}", 3, "`foo`"),
        ("import Config\nconfig :a, b: 1", 1, "`import`"),
        ("defmodule A do\nend", 1, "`defmodule`"),
        ("File.rm!(1)", 1, "`File.rm!`"),
        ("File.\nrm(1)", 1, "`File`"),
        ("Foo()", 1, "`Foo`"),
        ('"a\n#{1}"', 2, "`#{`"),
        ('"""\n  a\n  b #{1}\n  """', 3, "`#{`"),
        ("~s(#{1})", 1, "`#{`"),
        (':"a#{1}"', 1, "`#{`"),
        ("'#{1}'", 1, "`#{`"),
        ("~r/a/", 1, "sigil"),
        ("%{\n a: 1 + 2}", 2, "`+`"),
        ('"a" <> "b"', 1, "`<`"),
        ("[1 | 2]", 1, "`|`"),
        ("1..2", 1, "`1`"),
        ("fn -> 1 end", 1, "`fn`"),
        ("&foo/1", 1, "`&`"),
        ("@a", 1, "`@`"),
        ("%Foo{}", 1, "`%`"),
        ("%{m | a: 1}", 1, "`m`"),
        ("?a", 1, "`?`"),
        ("<<1>>", 1, "`<`"),
        ("%{a:1}", 1, "space"),
        ("%{1}", 1, "`=>`"),
        ("%{1 => 2}", 1, "names of members are text"),
        ("%{a: 1,\n a: 2}", 2, "twice"),
        ("[1,\n 2", 2, "the end"),
        ("[1 2]", 1, "`,` or `]`"),
        ("[a: 1, 2]", 1, "as before"),
        ("[,]", 1, "a value"),
        ("1\n2", 2, "nothing more"),
        ("", 1, "empty"),
        ("# only\n", 1, "empty"),
        ('"a', 1, "does not end"),
        ('"a\\', 1, "does not end"),
        ("~s(a\\)", 1, "does not end"),
        ("Café", 1, "`Café`"),
        ('"""\na', 1, "does not end"),
        ('"""a"""', 1, "new line"),
        (r'"\xFF"', 1, "7F"),
        (r'"\uD800"', 1, "no character"),
        (r'"\u{110000}"', 1, "no character"),
        (r'"\xg"', 1, "digits"),
        (r'"\0"', 1, "NUL"),
        ("[\n\0]", 2, "NUL"),
        ("9223372036854775808", 1, "64 bits"),
        ("0x" + "f" * 1_000, 1, "64 bits"),
        ("9" * 100_000, 1, "64 bits"),
        ("1.0e999", 1, "too large"),
        ("[" * 51 + "]" * 51, 1, "nested deeper"),
        ("[" * 100_000, 1, "nested deeper"),
    ],
)
def test_what_is_no_literal_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(text, "exs")
    assert refused.value.detail.startswith(f"line {line}, ")
    assert said in refused.value.detail


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_a_text_is_it_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(TEXTS | st.sampled_from([CONFIG, *LITERALS]))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(at, min(len(text), at + 5)))
        piece = data.draw(st.sampled_from(['"', "#{", "\\", "%{", "[", "}", ":", ",", "~s", "'''"]))
        text = text[:at] + piece + text[end:]
    for format in ("exs", "yaml", "json"):
        try:
            read_config(parse(text, format))
        except RunyardError as refusal:
            assert 400 <= refusal.status < 500


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_json_and_yaml_say_the_line_of_what_is_wrong(format: str) -> None:
    with pytest.raises(BadRequest, match="line 2, "):
        parse('{"name": "a",\n"agents": [}', format)


def test_a_format_that_nobody_knows_is_exs() -> None:
    assert parse("%{a: :b}", "toml") == {"a": "b"}
    assert parse("a: b", "YML") == {"a": "b"}


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(BadRequest, match="more than 500,000 values"):
        parse("\n".join(lines), "yaml")


@pytest.mark.parametrize(
    ("text", "format"),
    [("[" + "1," * 700_000 + "1]", "json"), ("~w(" + "a " * 700_000 + ")", "exs")],
)
def test_a_text_has_so_many_values(text: str, format: str) -> None:
    with pytest.raises(BadRequest, match="more than 600,000 values"):
        parse(text, format)


def test_a_text_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match="at most 10 bytes"):
        parse('"1234567890"', "json")


def test_lines_are_known_of_every_place() -> None:
    document = parse_document(CONFIG, "exs")
    assert document.line_of("agents[1].config") == 6
    assert document.line_of("topology[1]") == 9


@pytest.mark.parametrize(
    ("path", "format"),
    [("a/b.exs", "exs"), ("a.JSON", "json"), ("x.yml", "yaml"), ("x.yaml", "yaml"), ("x", "exs")],
)
def test_a_files_name_tells_its_format(path: str, format: str) -> None:
    assert format_of_path(path) == format


SECRETS: dict[str, Any] = {
    "api_key": "hunter2",
    "headers": {"X-Auth-TOKEN": "hunter2", "accept": "json"},
    "list": [{"dbPassword": {"deep": "hunter2"}}],
    "Credentials": ["hunter2"],
    "client_secret": 1,
}


@pytest.mark.parametrize("format", ["exs", "json", "yaml"])
def test_secrets_are_not_rendered(format: str) -> None:
    agent = AgentSpec("a", Backend("http", {"url": "u", "token": "hunter2"}), config=SECRETS)
    text = RENDERERS[format][0](SwarmConfig("s", (agent,)))
    assert "hunter2" not in text
    read = read_config(parse(text, format)).agents[0]
    assert read.backend.options == {"url": "u", "token": "[REDACTED]"}
    assert read.config == {
        "api_key": "[REDACTED]",
        "headers": {"X-Auth-TOKEN": "[REDACTED]", "accept": "json"},
        "list": [{"dbPassword": "[REDACTED]"}],
        "Credentials": "[REDACTED]",
        "client_secret": "[REDACTED]",
    }


def test_a_snapshot_is_laid_out_for_readers() -> None:
    config = read_config(parse(CONFIG, "exs"))
    assert (
        elixir_writer.render(config)
        == """\
%{
  name: "research",
  agents: [
    %{name: :coder, backend: %{type: :docker, image: "coder"}, skills: ["python", "tests"]},
    %{name: :"re-viewer", backend: :mock, config: %{n: 1000, rate: 0.0025}}
  ],
  objects: [%{name: :count, handler: :counter}],
  topology: [{:coder, :"re-viewer"}, {:"re-viewer", :count}]
}
"""
    )


def test_a_large_configuration_is_rendered_and_read_back() -> None:
    names = [f"agent_{number}" for number in range(300)]
    agents = tuple(AgentSpec(name) for name in names)
    topology = tuple((a, b) for a in names[:100] for b in names if a != b)
    config = SwarmConfig("big", agents, (), topology)
    assert read_config(parse(elixir_writer.render(config), "exs")) == config
    assert read_config(to_dict(config)) == config
