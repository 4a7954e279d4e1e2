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
_SWARM = re.compile(r"^<!-- swarm -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^<!-- walkthrough -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_walkthrough_of_the_readme_works(stack: RunningStack, tmp_path: Path) -> None:
    section = _SECTION.search((ROOT / "README.md").read_text())
    assert section is not None
    (definition,) = _YAML.findall(section[1])
    blocks = _BLOCK.findall(section[1])
    assert len(blocks) >= 5
    # An organisation of its own: others have a workflow of this name.
    token = stack.token(Role.ADMIN, org="org_readme", name="readme")
    (tmp_path / "greet.yaml").write_text(definition)
    out = _typed(stack, tmp_path, token, blocks)
    assert '"version":1' in out
    assert '"status":"created"' in out
    assert "Hello, Ada! Yours, run_" in out
    assert '"kind": "completed"' in out or '"kind":"completed"' in out
    assert '"status":"cancelled"' in out
    # Every answer was a good one: none is a problem document.
    assert '"type":"/errors/' not in out.replace('": "', '":"')


def test_the_swarm_of_the_readme_works(stack: RunningStack, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    functions = _BLOCK.findall(readme)[0]
    (commands,) = _SWARM.findall(readme)
    # However slow the machine is: the page waits, the test looks.
    pause = "sleep 5 && "
    assert pause in commands
    until = 'until api "$BASE/api/swarms/report/messages" | grep -q accepted; do sleep 0.2; done\n'
    out = _typed(stack, tmp_path, None, [functions, commands.replace(pause, until)])
    assert '"swarm_name":"report"' in out
    assert '"status":"sent"' in out
    assert "Draft 2: three agree" in out
    assert '"status":"paused"' in out


def _typed(stack: RunningStack, folder: Path, token: str | None, blocks: list[str]) -> str:
    """What the blocks print, in a folder that looks like the checkout after `make run`, only that the
    stack is this test's, and the token if one is given. Fails if one of the commands does."""
    known = json.loads((stack.local.home / "credentials.json").read_text())
    (folder / ".local").mkdir()
    mine = {**known, "token": token or known["token"]}
    (folder / ".local" / "credentials.json").write_text(json.dumps(mine))
    (folder / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + "\n".join(blocks)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
