"""The README's walkthrough works as it stands: its blocks are run by bash against the stack."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from chalicelib.core.roles import Role
from infra.paths import ROOT
from tests.support.stack import PATIENCE_SECONDS, RunningStack

_SECTION = re.compile(r"^## A workflow of your own$(.*?)^## ", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^<!-- walkthrough -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_walkthrough_of_the_readme_works(stack: RunningStack, tmp_path: Path) -> None:
    section = _SECTION.search((ROOT / "README.md").read_text())
    assert section is not None
    (definition,) = _YAML.findall(section[1])
    blocks = _BLOCK.findall(section[1])
    assert len(blocks) >= 5
    # A folder that looks like the checkout after `make run`, only that the stack is this test's, and
    # the organisation too: others have a workflow of this name.
    (tmp_path / "greet.yaml").write_text(definition)
    (tmp_path / ".local").mkdir()
    known = json.loads((stack.local.home / "credentials.json").read_text())
    token = stack.token(Role.ADMIN, org="org_readme", name="readme")
    (tmp_path / ".local" / "credentials.json").write_text(json.dumps({**known, "token": token}))
    (tmp_path / ".venv").symlink_to(sys.prefix)
    script = "set -euo pipefail\n" + "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"version":1' in done.stdout
    assert '"status":"created"' in done.stdout
    assert "Hello, Ada! Yours, run_" in done.stdout
    assert '"kind": "completed"' in done.stdout or '"kind":"completed"' in done.stdout
    assert '"status":"cancelled"' in done.stdout
    # Every answer was a good one: none is a problem document.
    assert '"type":"/errors/' not in done.stdout.replace('": "', '":"')
