"""Starting an agent's task as a run: of type `agent-task`, listed, streamed and cancelled like any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.runs.model import AGENT_TASK
from chalicelib.core.runs.repeats import Started, hash_of
from chalicelib.core.runs.start import Starter
from chalicelib.core.swarms.task_version import task_version, workflow_of


class Checker(Protocol):
    def check_task(self, org: str, name: str, agent: str, task: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TaskRunStarter:
    swarms: Checker
    starter: Starter
    machine: Callable[[], str]
    """The name of the machine that all of these runs share, which is there then."""

    def start(
        self,
        org: str,
        swarm: str,
        agent: str,
        task: str,
        *,
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a run whose one step gives the agent the task and waits for its turn (S3).

        Refuses at once what `Tasks.task` would refuse now; the step looks again when it sends. Raises
        what `Starter.begin` raises.
        """
        self.swarms.check_task(org, swarm, agent, task)
        workflow = workflow_of(swarm, agent)
        # A line break is in no key of a client's: its own runs have other ids.
        key = f"task\n{workflow}\n{idempotency_key}" if idempotency_key is not None else None
        return self.starter.begin(
            org,
            task_version(workflow, self.machine()),
            {"swarm": swarm, "agent": agent, "task": task},
            request_hash=hash_of([AGENT_TASK, workflow, task]),
            trigger=trigger,
            principal=principal,
            idempotency_key=key,
            run_type=AGENT_TASK,
        )
