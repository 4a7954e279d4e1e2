"""The wiring of steps that wait: a part of `services`, which remembers what is made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core.waits import APPROVAL, HOLD, TASK

if TYPE_CHECKING:
    from chalicelib.core.runs.aftermath import Aftermath
    from chalicelib.core.runs.approvals import Approvals, ApprovalStore
    from chalicelib.core.runs.children import Children
    from chalicelib.core.runs.model import RunDetail
    from chalicelib.core.runs.waiting import Kind, Kinds, Tokens, Wait
    from chalicelib.services import Services
    from chalicelib.store.holds import Holds


def tokens(found: Services) -> Tokens:
    from chalicelib.core.runs.waiting import Tokens
    from chalicelib.store.waits import Waits

    waits = Waits(found.table, retention_days=found.settings.retention_days)
    return Tokens(waits, found.machines, lambda *ended: found.gates.signal(*ended))


def send_again(found: Services, org: str, run_id: str) -> int:
    """Open a run's gates and send its tokens that could be and were not; how many."""

    def look(org: str, run_id: str, wait: Wait) -> None:
        if wait.task:
            found.agent_tasks.look(org, run_id, wait)

    gates = found.gates.send_again(org, run_id)
    return gates + found.callbacks.deliver_all(org, run_id, look)


def approvals(found: Services) -> Approvals:
    from chalicelib.core.runs.approvals import Approvals

    return Approvals(_approval_items(found), found.callbacks, found.clock)


def kinds(found: Services) -> Kinds:
    """How the steps of an action wait; only what is asked for is made."""

    def kind(action: str) -> Kind:
        if action == APPROVAL:
            from chalicelib.core.runs.asking import Asking

            return Asking(_approval_items(found), found.callbacks, found.clock)
        if action == HOLD:
            from chalicelib.core.graphs.waits import Holding

            return Holding(hold_items(found), found.callbacks, found.clock)
        if action == TASK:
            return found.agent_tasks
        return found.children

    return kind


def children(found: Services) -> Children:
    from chalicelib.core.runs.children import Children
    from chalicelib.reading import check_inputs
    from chalicelib.store.waits import Waits

    return Children(
        runs=found.runs,
        steps=found.steps,
        versions=found.workflows,
        starter=found.starter,
        cascade=found.cascade,
        tokens=found.callbacks,
        place=Waits(found.table, retention_days=found.settings.retention_days).place,
        check_inputs=check_inputs,
        clock=found.clock,
    )


def aftermath(found: Services) -> Aftermath:
    """What follows from a run's end, in this order; what a run is not about is not even imported."""
    from chalicelib.core.runs.aftermath import Aftermath

    def expire_approvals(detail: RunDetail) -> None:
        if any("approval" in step.waiting_for for step in detail.steps):
            found.approvals.run_over(detail)

    def cancel_children(detail: RunDetail) -> None:
        started = any("execution_id" in step.waiting_for for step in detail.steps)
        if started or detail.run.graph.get("nested"):
            found.cascade.run_over(detail)

    def tell_parent(detail: RunDetail) -> None:
        if detail.run.parent_id is not None:
            found.children.child_over(detail)

    def start_hooks(detail: RunDetail) -> None:
        if detail.run.hooks is not None:
            from chalicelib.core.runs.hooks import HookStarter

            HookStarter(found.machines).follow(detail)

    def free_place(detail: RunDetail) -> None:
        if detail.run.limit:
            found.admission.leave(detail)

    return Aftermath((expire_approvals, cancel_children, tell_parent, free_place, start_hooks))


def hold_items(found: Services) -> Holds:
    from chalicelib.store.holds import Holds

    stage = found.settings
    return Holds(found.table, shards=stage.index_shards, retention_days=stage.retention_days)


def _approval_items(found: Services) -> ApprovalStore:
    from chalicelib.store.approvals import ApprovalItems

    stage = found.settings
    return ApprovalItems(
        found.table, shards=stage.index_shards, retention_days=stage.retention_days
    )
