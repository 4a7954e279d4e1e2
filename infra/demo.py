"""The end of `make run`: applies the sample workflow, runs it, and shows its events as they arrive.

It is a client like any other: HTTP and a WebSocket through the front door, with the token from
`.local/credentials.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from infra import paths

SAMPLE: Final = paths.ROOT / "examples/fetch-and-summarize.yaml"
_PATIENCE_SECONDS: Final = 120
_MARKS: Final = {
    "pending": ("·", "dim"),
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "yellow"),
    "cancelled": ("■", "red"),
}


class Progress:
    """What is known of the run, as a table: one line a step, with its state and its time."""

    def __init__(self, steps: list[str]) -> None:
        self._states = dict.fromkeys(steps, "pending")
        self._began: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self.ended: str | None = None

    def take(self, event: dict[str, Any]) -> None:
        """Learn from one event of the run's stream."""
        kind, step = event["kind"], event.get("step", "")
        now = time.monotonic()
        match kind:
            case "step_started":
                self._states[step] = "running"
                self._began.setdefault(step, now)
                self._notes[step] = "" if event["attempt"] == 1 else f"try {event['attempt']}"
            case "step_completed" | "step_failed" | "step_skipped":
                self._states[step] = kind.removeprefix("step_")
                self._took[step] = now - self._began.get(step, now)
                self._notes[step] = event.get("error", self._notes.get(step, ""))
            case "completed" | "cancelled" | "error":
                self.ended = kind
                self._notes[""] = event.get("message", "")

    @property
    def reason(self) -> str:
        return self._notes.get("", "")

    def __rich__(self) -> Group:
        table = Table.grid(padding=(0, 2))
        for step, state in self._states.items():
            mark: Any = Spinner("dots", style="cyan")
            if state != "running":
                sign, style = _MARKS[state]
                mark = Text(sign, style=style)
            seconds = self._took.get(step)
            if seconds is None and step in self._began:
                seconds = time.monotonic() - self._began[step]
            clock = "" if seconds is None else f"{seconds:5.2f} s"
            table.add_row(mark, step, Text(state, style="dim"), clock, self._notes.get(step, ""))
        return Group(table)


class Demo:
    def __init__(self, credentials: dict[str, str], console: Console) -> None:
        self._base = credentials["base_url"]
        self._ws = credentials["ws_url"]
        self._token = credentials["token"]
        self._console = console

    async def run(self, url: str | None) -> int:
        """Apply, run, watch, and print the result; the exit code."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            definition = SAMPLE.read_text()
            applied = await self._apply(http, definition)
            steps = [step["name"] for step in applied["definition"]["steps"]]
            source = url or f"{self._base}/openapi.json"
            self._console.print(
                f"\n  workflow [bold]{applied['name']}[/] version {applied['version']} on {source}\n"
            )
            run_id, progress = await self._watch(http, applied["name"], steps, {"url": source})
            async with http.get(f"{self._base}/api/v1/executions/{run_id}") as answer:
                detail = await answer.json()
        if progress.ended != "completed":
            self._console.print(f"\n  [red]{run_id} {detail['status']}[/]: {progress.reason}")
            return 1
        body = json.dumps(detail["outputs"], indent=2, ensure_ascii=False)
        self._console.print()
        self._console.print(Panel(Text(body), title=run_id, title_align="left", padding=(0, 1)))
        return 0

    async def _apply(self, http: aiohttp.ClientSession, definition: str) -> dict[str, Any]:
        name = SAMPLE.stem
        url = f"{self._base}/api/v1/workflows/{name}"
        yaml = {"Content-Type": "application/yaml"}
        async with http.put(url, data=definition, headers=yaml) as answer:
            if answer.status >= 400:
                raise SystemExit(f"apply was refused: {await answer.text()}")
        async with http.get(url) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def _watch(
        self,
        http: aiohttp.ClientSession,
        workflow: str,
        steps: list[str],
        inputs: dict[str, Any],
    ) -> tuple[str, Progress]:
        """Start the run over the socket and follow it to its end; its id and what became of it."""
        progress = Progress(steps)
        request = {
            "type": "workflow.run",
            "id": "demo",
            "payload": {"workflowIdOrName": workflow, "inputs": inputs},
        }
        run_id = ""
        socket_url = f"{self._ws}/ws?token={self._token}"
        with Live(progress, console=self._console, refresh_per_second=12, transient=False):
            async with (
                asyncio.timeout(_PATIENCE_SECONDS),
                http.ws_connect(socket_url, heartbeat=30) as socket,
            ):
                await socket.send_json(request)
                async for message in socket:
                    frame = json.loads(message.data)
                    if frame["type"] == "error":
                        raise SystemExit(f"the run was refused: {frame['error']['message']}")
                    if frame["type"] == "done":
                        break
                    run_id = frame["event"].get("runId", run_id)
                    progress.take(frame["event"])
        return run_id, progress


def _next_steps(credentials: dict[str, str], home: Path) -> Text:
    base = credentials["base_url"]
    lines = [
        "",
        "  The stack stays up. Where to go next:",
        "",
        f"    TOKEN=$(python3 -c \"import json; print(json.load(open('{home}/credentials.json'))['token'])\")",
        f'    curl -s {base}/api/v1/executions -H "Authorization: Bearer $TOKEN"',
        f"    curl -s {base}/metrics",
        "",
        f"    the API        {base}/docs   (to try it, paste the token)",
        f"                   {base}/openapi.json",
        f"    the socket     {credentials['ws_url']}/ws?token=…",
        "    agents         make demo-swarm",
        "    your own       README.md, “A workflow of your own”",
        "    stop it        make stop        (make status, make logs, make reset)",
        "",
    ]
    return Text("\n".join(lines))


def main(arguments: list[str] | None = None) -> int:
    """`python -m infra.demo [--url URL]`."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument(
        "--url", help="the document to fetch; by default the stack's own API document"
    )
    chosen = parser.parse_args(arguments)
    file = paths.LOCAL / "credentials.json"
    if not file.exists():
        print("the stack is not up: run `make run`", file=sys.stderr)
        return 1
    credentials = json.loads(file.read_text())
    console = Console(highlight=False)
    try:
        code = asyncio.run(Demo(credentials, console).run(chosen.url or None))
    except (aiohttp.ClientError, TimeoutError) as problem:
        print(f"the stack does not answer ({problem}): see `make logs`", file=sys.stderr)
        return 1
    console.print(_next_steps(credentials, paths.LOCAL.relative_to(paths.ROOT)), soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
