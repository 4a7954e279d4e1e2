"""`make demo-swarm`: starts the example swarm, gives it a task, and shows the messages as they flow.

It is a client like any other: HTTP through the front door, with the token from
`.local/credentials.json`. The swarm's agents are mocks that play scripts, so no model is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import requests
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra import paths

CONFIG_PATH: Final = "examples/report.exs"
"""Where the bootstrap puts examples/swarms/report.exs."""
SWARM: Final = "report"
TASK: Final = "What do the sources say about last year?"
_PATIENCE_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.2
_LAST: Final = ("reviewer", "accepted")
"""Who says the last word, and what is in it."""


class Demo:
    """The example swarm from its start to its report."""

    def __init__(self, credentials: dict[str, str], console: Console) -> None:
        self._base = credentials["base_url"]
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {credentials['token']}"
        self._console = console

    def run(self) -> int:
        """Start, ask, watch, and print what came of it; the exit code."""
        self._ask("DELETE", f"/{SWARM}?purge=true", also=404)
        self._ask("POST", "", {"config_path": CONFIG_PATH})
        found = self._ask("GET", f"/{SWARM}")
        self._console.print(f"\n  swarm [bold]{SWARM}[/] from {CONFIG_PATH}\n")
        self._console.print(_shape(found))
        self._ask("POST", f"/{SWARM}/agents/researcher/task", {"task": TASK})
        self._console.print(f"\n  task for [bold]researcher[/]: {TASK}\n")
        if not self._watch():
            self._console.print("\n  [red]the swarm did not finish[/]: see `make logs`")
            return 1
        rounds = self._ask("GET", f"/{SWARM}/objects/rounds")["state"]
        report = Text(self._report() or "nothing was said")
        self._console.print()
        self._console.print(
            Panel(report, title=f"{rounds['count']} drafts", title_align="left", padding=(0, 1))
        )
        return 0

    def _watch(self) -> bool:
        """Print each message when it is routed, until the last one; whether it came."""
        shown: set[str] = set()
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            listed = self._ask("GET", f"/{SWARM}/messages")["messages"]
            # Of one moment those that come later to the log are not always on top of it.
            new = [one for one in reversed(listed) if json.dumps(one) not in shown]
            for message in new:
                self._console.print(_line(message))
            shown |= {json.dumps(one) for one in new}
            if any(one["from"] == _LAST[0] and _LAST[1] in one["content_preview"] for one in new):
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _report(self) -> str | None:
        """The last thing that the writer said."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            logs = self._ask("GET", f"/{SWARM}/agents/writer/logs")["logs"]
            said = [line["content"] for line in logs if line["role"] == "assistant"]
            if said and said[-1].startswith("Final"):
                return str(said[-1])
            time.sleep(_LOOK_SECONDS)
        return None

    def _ask(self, method: str, path: str, body: Any = None, *, also: int = 200) -> Any:
        url = f"{self._base}/api/swarms{path}"
        answer = self._http.request(method, url, json=body, timeout=30)
        if answer.status_code >= 400 and answer.status_code != also:
            raise SystemExit(f"{method} {url} was refused: {answer.text}")
        return answer.json()


def _shape(found: dict[str, Any]) -> Table:
    """Who is in the swarm, and whom each may send to."""
    targets = {edge["from"]: ", ".join(edge["targets"]) for edge in found["topology"]}
    table = Table.grid(padding=(0, 2))
    for agent in found["agents"]:
        kind = f"{agent['backend']} agent"
        table.add_row("  ", agent["name"], Text(kind, style="dim"), targets.get(agent["name"], ""))
    for each in found["objects"]:
        table.add_row("  ", each["name"], Text(each["handler"], style="dim"), "")
    return table


def _line(message: dict[str, Any]) -> Table:
    """Who to whom, and what: a long text goes on under its beginning."""
    to = message["to"] if isinstance(message["to"], str) else ", ".join(message["to"])
    row = Table.grid(padding=(0, 1))
    row.add_column(width=12, justify="right")
    row.add_column()
    row.add_column(width=10)
    row.add_column(ratio=1)
    said = Text(message["content_preview"])
    row.add_row(Text(message["from"], style="cyan"), "→", Text(to, style="magenta"), said)
    return row


def _next_steps(base: str, home: Path) -> Text:
    token = f"import json; print(json.load(open('{home}/credentials.json'))['token'])"
    lines = [
        "",
        "  The swarm lives on. Where to go next:",
        "",
        f'    TOKEN=$(python3 -c "{token}")',
        f'    curl -s {base}/api/swarms/{SWARM} -H "Authorization: Bearer $TOKEN"',
        f'    curl -s {base}/api/swarms/{SWARM}/events -H "Authorization: Bearer $TOKEN"',
        f'    curl -s -X POST {base}/api/swarms/{SWARM}/snapshot -H "Authorization: Bearer $TOKEN"',
        "",
    ]
    return Text("\n".join(lines))


def main(arguments: list[str] | None = None) -> int:
    """`python -m infra.demo_swarm`."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo_swarm", description=__doc__)
    parser.parse_args(arguments)
    file = paths.LOCAL / "credentials.json"
    if not file.exists():
        print("the stack is not up: run `make run`", file=sys.stderr)
        return 1
    credentials = json.loads(file.read_text())
    console = Console(highlight=False)
    try:
        code = Demo(credentials, console).run()
    except requests.RequestException as problem:
        print(f"the stack does not answer ({problem}): see `make logs`", file=sys.stderr)
        return 1
    home = paths.LOCAL.relative_to(paths.ROOT)
    console.print(_next_steps(credentials["base_url"], home), soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
