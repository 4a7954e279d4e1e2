"""The AWS template before independent judges: cfn-lint, and SAM's own translator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.package import Artifact, package
from infra.paths import EMULATOR_PYTHON

TRANSLATE = """
import json, sys
from unittest.mock import Mock
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
template = json.load(sys.stdin)
values = {"CodeBucket": "bucket", "CodeKey": "key", "Stage": "prod"}
translated = Translator({}, Parser()).translate(template, values)
print(json.dumps(translated))
"""


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return package("prod")


def test_cfn_lint_finds_nothing_in_the_template_for_aws(artifact: Artifact) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), artifact.template_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_translates_it_into_plain_cloudformation(artifact: Artifact) -> None:
    # In the emulator's environment: that is where the translator is installed.
    assert EMULATOR_PYTHON.exists(), "run `make setup`"
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", TRANSLATE],
        input=artifact.template_text,
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "us-east-1"},
    )
    assert done.returncode == 0, done.stderr
    resources = json.loads(done.stdout)["Resources"].values()
    kinds = {resource["Type"] for resource in resources}
    assert not any(kind.startswith("AWS::Serverless::") for kind in kinds)
    assert {"AWS::Lambda::EventSourceMapping", "AWS::Events::Rule"} <= kinds
    # SAM makes no roles of its own: every function has one from infra/policies.py.
    roles = [resource for resource in resources if resource["Type"] == "AWS::IAM::Role"]
    assert len(roles) == artifact.functions + 2  # MachineRole, ScheduleRole
