"""What the page at /docs tells and sends, from the committed description, in node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from docs_pages import ROOT

from infra.node import node

_PROGRAM = """
import { readFileSync } from "node:fs";
import * as m from "./describe.mjs";
const doc = JSON.parse(readFileSync(process.argv[2], "utf8"));
const all = m.operations(doc);
const named = (id) => all.find((one) => one.operationId === id);
const base = new URL("http://localhost:8000/");
const tried = (make) => { try { return make(); } catch (problem) { return problem.message; } };
const run = named("run_workflow");
const request = m.requestOf(base, run, { workflow: "a/b?c", "Idempotency-Key": "k" },
  { token: "ada.secret", body: "{\\"a\\": \\"it's\\"}", media: "application/json" });
console.log(JSON.stringify({
  operations: all.length,
  outlines: all.map((one) => Object.values(one.responses).flatMap((part) =>
    Object.values(m.resolve(doc, part).content ?? {}).flatMap((c) => m.outlineOf(doc, c.schema)))),
  bodies: all.filter((one) => one.requestBody).map((one) =>
    m.outlineOf(doc, Object.values(one.requestBody.content)[0].schema).length),
  request, curl: m.curlOf(request),
  publicOne: m.requestOf(base, named("healthz"), {}, { token: "ada.secret" }),
  list: m.requestOf(base, named("list_executions"), { limit: "5", since: "" }).url,
  missing: tried(() => m.requestOf(base, run, {})),
  dots: tried(() => m.requestOf(base, run, { workflow: ".." })),
}));
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("explorer")
    script = (ROOT / "chalicelib" / "explorer" / "describe.js").read_text()
    (folder / "describe.mjs").write_text(script)
    (folder / "program.mjs").write_text(_PROGRAM)
    done = node(str(folder / "program.mjs"), str(ROOT / "docs" / "openapi.json"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_operation_of_the_description_is_told_with_its_members(told: Any) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert told["operations"] == sum(len(item) for item in document["paths"].values())
    # Every operation can be refused, so every one has at least a problem's members.
    assert all(any(line.startswith("detail: string") for line in one) for one in told["outlines"])
    assert max(told["bodies"]) > 40  # a definition's


def test_a_request_is_what_the_form_says_and_stays_in_its_place(told: Any) -> None:
    request = told["request"]
    assert request["url"] == "http://localhost:8000/api/v1/run/a%2Fb%3Fc"
    assert request["options"]["headers"]["Authorization"] == "Bearer ada.secret"
    assert request["options"]["headers"]["Idempotency-Key"] == "k"
    assert told["list"] == "http://localhost:8000/api/v1/executions?limit=5"
    assert told["missing"] == "workflow is missing"
    assert told["dots"] == "workflow cannot be .."


def test_a_public_operation_does_not_get_the_token(told: Any) -> None:
    assert "Authorization" not in told["publicOne"]["options"]["headers"]


def test_the_shell_command_has_the_tokens_name_and_not_the_token(told: Any) -> None:
    assert "$TOKEN" in told["curl"]
    assert "secret" not in told["curl"]
    assert "it'\\''s" in told["curl"]
