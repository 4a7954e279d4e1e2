"""S3, config validation: what a configuration is, or everything that is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.support.answers import has_common_headers
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock

PATH = "/api/config/validate"
CONFIG: dict[str, Any] = {
    "name": "team",
    "agents": [
        {"name": "a", "backend": "mock", "skills": ["writing"], "model": "m1"},
        {"name": "b", "backend": {"type": "docker", "image": "coder"}},
    ],
    "objects": [{"name": "n", "handler": "counter"}],
    "topology": [["a", "b"], ["b", "n"]],
}
EXS = """
# A team.
%{
  name: "team",
  agents: [
    %{name: :a, backend: :mock, skills: ["writing"], model: "m1"},
    %{name: :b, backend: {:docker, "coder"}}
  ],
  objects: [%{name: :n, handler: :counter}],
  topology: [{:a, :b}, {:b, :n}]
}
"""
YAML = """
name: team
agents:
  - {name: a, backend: mock, skills: [writing], model: m1}
  - name: b
    backend: {type: docker, image: coder}
objects: [{name: n, handler: counter}]
topology: [[a, b], [b, n]]
"""
SUMMARY_MEMBERS = {
    "name",
    "agent_count",
    "object_count",
    "topology_edges",
    "agents",
    "objects",
    "topology",
}


def invalid(answer: requests.Response, status: int = 400) -> list[str]:
    """The texts of a refusal, which has nothing else."""
    assert answer.status_code == status, answer.text
    has_common_headers(answer)
    found = answer.json()
    assert set(found) == {"valid", "errors"}
    assert found["valid"] is False
    assert found["errors"] and all(isinstance(text, str) for text in found["errors"])
    texts: list[str] = found["errors"]
    return texts


def test_s3_config_validation__an_inline_config_is_summed_up(viewer: Api) -> None:
    found = viewer.expect(200, "POST", PATH, json={"config": CONFIG})
    assert set(found) == {"valid", "config"}
    assert found["valid"] is True
    summary = found["config"]
    assert set(summary) == SUMMARY_MEMBERS
    counts = (summary["agent_count"], summary["object_count"], summary["topology_edges"])
    assert (summary["name"], *counts) == ("team", 2, 1, 2)
    assert [set(agent) for agent in summary["agents"]] == [
        {"name", "backend", "skills", "model"}
    ] * 2
    assert (summary["agents"][0]["skills"], summary["agents"][0]["model"]) == (["writing"], "m1")
    assert summary["agents"][1]["backend"].startswith("docker")
    assert summary["objects"] == [{"name": "n", "handler": "counter"}]
    assert summary["topology"] == [{"from": "a", "to": "b"}, {"from": "b", "to": "n"}]


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("exs", EXS),
        ("json", json.dumps(CONFIG)),
        ("yaml", YAML),
        ("yml", YAML),
        ("something", EXS),
    ],
)
def test_s3_config_validation__content_of_each_format_is_the_same_config(
    viewer: Api, format: str, content: str
) -> None:
    found = viewer.expect(200, "POST", PATH, json={"content": content, "format": format})
    assert set(found) == {"valid", "config", "format"}
    assert found["format"] == format
    inline = viewer.expect(200, "POST", PATH, json={"config": CONFIG})
    assert found["config"] == inline["config"]


def test_s3_config_validation__a_config_path_is_read_and_repeated(ours: Api) -> None:
    path = SwarmApi.create(ours, agents=[mock("a")]).get()["config_path"]
    found = ours.expect(200, "POST", PATH, json={"config_path": path})
    assert set(found) == {"valid", "config", "config_path"}
    assert found["config_path"].endswith(path)
    assert found["config"]["agent_count"] == 1


@pytest.mark.parametrize("path", ["nowhere.exs", "/etc/passwd", "../x.json", "", "a\x00b"])
def test_s3_config_validation__a_path_that_is_not_there_is_404(viewer: Api, path: str) -> None:
    assert invalid(viewer.post(PATH, json={"config_path": path}), 404) == [
        f"File not found: {path}"
    ]


@pytest.mark.parametrize("body", [{}, {"configuration": {}}, {"format": "json"}])
def test_s3_config_validation__none_of_the_fields_is_400_with_the_usage(
    viewer: Api, body: dict[str, Any]
) -> None:
    answer = viewer.post(PATH, json=body)
    assert answer.status_code == 400
    found = answer.json()
    assert set(found) == {"error", "usage"}
    assert found["error"] == "Missing 'config', 'config_path', or 'content' parameter"
    assert set(found["usage"]) == {"config", "config_path", "content"}


def test_s3_config_validation__every_problem_is_told_with_its_place(viewer: Api) -> None:
    wrong = {
        "name": "my team",
        "agents": [{"name": "a"}, {"name": "a"}, {"name": "9"}, {"backend": "mock"}],
        "objects": [{"name": "n"}],
        "topology": [["a", "a"], ["a", "nobody"], "ab"],
    }
    texts = invalid(viewer.post(PATH, json={"config": wrong}))
    assert len(texts) == 8
    assert texts[0].startswith(
        "Name must start with a letter and contain only alphanumeric, underscore, or hyphen"
    )
    together = "\n".join(texts)
    for place in ("agents[1]", "agents[2]", "agents[3]", "topology[0]", "topology[1]"):
        assert place in together
    assert "Invalid or missing object handler" in together
    assert "Agent name must start with a letter" in together


@pytest.mark.parametrize("config", ["text", 7, [], True])
def test_s3_config_validation__a_config_that_is_no_object_is_400(viewer: Api, config: Any) -> None:
    invalid(viewer.post(PATH, json={"config": config}))


@pytest.mark.parametrize(
    "content",
    [
        'System.cmd("touch", ["/tmp/runyard-was-here"])',
        '%{name: File.read!("/etc/passwd")}',
        '%{name: "a" <> "b"}',
        '%{name: "#{1 + 1}"}',
        "%{name: fn -> :a end}",
        "%{name: @name}",
        "x = 1\n%{name: x}",
        "%{name: :erlang.halt()}",
        '%{name: "a", agents: [%{name: :a}, |]}',
        "%{name: ",
        "",
        "\x00",
    ],
)
def test_s3_config_validation__elixir_is_read_as_data_and_never_run(
    viewer: Api, content: str
) -> None:
    invalid(viewer.post(PATH, json={"content": content, "format": "exs"}))


def test_s3_config_validation__a_problem_of_a_text_has_its_line(viewer: Api) -> None:
    content = '%{\n  name: "team",\n  agents: [\n    %{name: String.to_atom("a")}\n  ]\n}'
    (text,) = invalid(viewer.post(PATH, json={"content": content, "format": "exs"}))
    assert "line 4" in text


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{letter}: &{letter} [{','.join(['*' + before] * 9)}]\n"
    for before, letter in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        "name: &n [*n]",
        "name: !!python/object/apply:os.system [id]",
        "name: a\nname: b",
        "[" * 5_000,
        "name: team\n  agents: []",
        "- just\n- a list",
        "---\nname: a\n---\nname: b",
    ],
    ids=["bomb", "loop", "object", "twice", "deep", "indented", "list", "two"],
)
def test_s3_config_validation__yaml_that_is_a_trap_is_400(viewer: Api, content: str) -> None:
    invalid(viewer.post(PATH, json={"content": content, "format": "yaml"}))


@pytest.mark.parametrize("content", ["{", "[]", "null", '{"name": NaN}', '{"a": 1, "a": 2}'])
def test_s3_config_validation__json_that_is_none_is_400(viewer: Api, content: str) -> None:
    invalid(viewer.post(PATH, json={"content": content, "format": "json"}))


def test_s3_config_validation__unknown_members_are_ignored(viewer: Api) -> None:
    config = {**CONFIG, "what": "ever", "agents": [{"name": "a", "mood": "good"}], "topology": []}
    viewer.expect(200, "POST", PATH, json={"config": config, "else": 1})
