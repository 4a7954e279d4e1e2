"""The stack does what its published description says, in thousands of requests that nobody wrote."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from chalicelib.core.roles import Role
from tests.support.stack import RunningStack

CONFIG = Path(__file__).resolve().parent.parent / "schemathesis.toml"
FEWEST_CASES = 2_000
_CASES = re.compile(r"^\s*(\d+) generated", re.MULTILINE)


def test_schemathesis__finds_no_difference_in_thousands_of_requests(
    stack: RunningStack, tmp_path: Path
) -> None:
    # Their own organisation: a bulk cancel is among the requests.
    admin = stack.api_as(Role.ADMIN, org="org_schemathesis", name="schemathesis")
    document = admin.get("/openapi.json").json()
    # The generator cannot solve the schema of definitions (an `if` for each action, forty deep), and
    # the format has fuzz tests of its own. Here a definition is any object.
    document["components"]["schemas"]["WorkflowDefinition"] = {"type": "object"}
    published = tmp_path / "openapi.json"
    published.write_text(json.dumps(document))
    done = subprocess.run(
        [
            str(Path(sys.prefix) / "bin" / "schemathesis"),
            *("--config-file", str(CONFIG), "run", str(published)),
            *("--url", stack.local.base_url),
            *("--header", f"Authorization: Bearer {admin.token}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    report = done.stdout[-20_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, report
    found = _CASES.search(done.stdout)
    assert found is not None, report
    assert int(found[1]) >= FEWEST_CASES, report
