"""Swarms of mocks on the running stack: made, asked, waited for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from tests.support.answers import problem
from tests.support.stack import PATIENCE_SECONDS, Api

Seen = TypeVar("Seen")


def mock(name: str, *script: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An agent that plays a script; without one it accepts everything and says nothing."""
    found: dict[str, Any] = {"name": name, "backend": "mock", **more}
    if script:
        found["config"] = {**more.get("config", {}), "script": list(script)}
    return found


def unique(prefix: str) -> str:
    """A name that no other test has."""
    return f"{prefix}-{secrets.token_hex(3)}"


class SwarmApi:
    """One swarm. Paths are relative to it."""

    def __init__(self, api: Api, name: str) -> None:
        self.api = api
        self.name = name
        self.path = f"/api/swarms/{name}"

    @classmethod
    def create(cls, api: Api, name: str | None = None, **config: Any) -> SwarmApi:
        """A new swarm; expects it to be taken."""
        whole = {"name": name or unique("swarm"), **config}
        made = api.expect(201, "POST", "/api/swarms", json={"config": whole})
        assert made == {"status": "created", "swarm_name": whole["name"]}
        return cls(api, whole["name"])

    def call(self, method: str, path: str = "", **more: Any) -> requests.Response:
        return self.api.call(method, self.path + path, **more)

    def expect(self, status: int, method: str, path: str = "", **more: Any) -> Any:
        return self.api.expect(status, method, self.path + path, **more)

    def get(self, path: str = "", **more: Any) -> Any:
        """The JSON of a GET, which has to be 200."""
        return self.expect(200, "GET", path, **more)

    def post(self, path: str, **body: Any) -> Any:
        """The JSON of a POST, which has to be 200."""
        return self.expect(200, "POST", path, json=body)

    def refused(
        self, status: int, method: str, path: str = "", *extra: str, **more: Any
    ) -> dict[str, Any]:
        """The problem of a request that has to be refused with 400 or 404."""
        slug = {400: "bad-request", 404: "not-found", 413: "too-large"}[status]
        return problem(self.call(method, path, **more), status, slug, *extra)

    def task(self, agent: str, task: str) -> None:
        sent = self.post(f"/agents/{agent}/task", task=task)
        assert sent == {"status": "sent", "agent": agent, "task": task}

    def message(self, sender: str, to: str, content: str) -> None:
        answer = self.expect(
            200, "POST", "/message", json={"from": sender, "to": to, "content": content}
        )
        assert answer == {"status": "routed", "from": sender, "to": to, "swarm": self.name}

    def agent(self, name: str) -> Any:
        return self.get(f"/agents/{name}")

    def state(self, name: str) -> Any:
        """An object's."""
        found = self.get(f"/objects/{name}")
        assert found["object"] == name
        return found["state"]

    def messages(self) -> Any:
        return self.get("/messages")["messages"]

    def events(self, event_type: str) -> Any:
        return self.get("/events", params={"event_type": event_type})["events"]

    def edges(self) -> set[tuple[str, str]]:
        found = self.get("/topology")["topology"]
        assert all(set(one) == {"from", "targets"} and one["targets"] for one in found)
        return {(one["from"], target) for one in found for target in one["targets"]}

    def names(self, kind: str = "agents") -> list[str]:
        return [one["name"] for one in self.get(f"/{kind}")[kind]]

    def handled(self, agent: str, count: int) -> Any:
        """The agent's status once it has handled so much mail."""
        return until(
            lambda: self.agent(agent),
            lambda found: found["message_count"] >= count and found["inbox_size"] == 0,
        )


def until(
    read: Callable[[], Seen], reached: Callable[[Seen], bool], seconds: float = PATIENCE_SECONDS
) -> Seen:
    """What is read, once it has reached something; fails loudly when it does not."""
    end = time.monotonic() + seconds
    while not reached(found := read()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.05)
    return found
