"""Hooks: steps that run once a run is over, and never change how it ended (S2).

They are an execution of their own, started by the run's aftermath under a name that follows from the
run's, so starting it twice is starting it once. Their steps are run by the same code as a run's own,
with another door: a run's steps ask whether it is live, a hook's whether the run ended as the hook
wants it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from chalicelib.core.runs.launch import execution_input
from chalicelib.core.runs.model import Run, RunDetail, RunStatus
from chalicelib.core.runs.ports import Machines, Version, VersionStore

_ON_FAILURE = frozenset({RunStatus.FAILED, RunStatus.TIMED_OUT})


def is_due(hook: str, run: Run) -> bool:
    """Whether a run that ended so has this hook. No hook is due while the run lives."""
    if run.live:
        return False
    match hook:
        case "on_success":
            return run.status is RunStatus.SUCCEEDED
        case "on_failure":
            return run.status in _ON_FAILURE
        case _:
            return hook == "on_finish"


def hooks_execution(run: Run) -> str:
    """The name of the execution that runs a run's hooks."""
    return f"hooks-{hashlib.sha256(f'{run.org}/{run.id}'.encode()).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class HookStarter:
    machines: Machines

    def follow(self, detail: RunDetail) -> None:
        """Start the hooks of a run that is over. Part of the aftermath."""
        run = detail.run
        if run.hooks is not None:
            payload = {**execution_input(run), "status": str(run.status)}
            self.machines.start(run.hooks, hooks_execution(run), payload)


@dataclass(frozen=True, slots=True)
class HookVersions:
    """Versions as the steps of a hook see them: with those steps behind the run's own."""

    versions: VersionStore
    hook: str

    def version(self, org: str, workflow: str, number: int) -> Version | None:
        return self._seen(self.versions.version(org, workflow, number))

    def latest(self, org: str, workflow: str) -> Version | None:
        return self._seen(self.versions.latest(org, workflow))

    def _seen(self, version: Version | None) -> Version | None:
        if version is None:
            return None
        plan = version.plan
        steps = (*plan.steps, *plan.hooks.get(self.hook, ()))
        return replace(version, plan=replace(plan, steps=steps))
