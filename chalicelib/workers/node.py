"""One try of a node of a graph (S1): computed here, an action of S2, or a stub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.graphs.chains import RpcCall, rpc_call
from chalicelib.core.graphs.effects import params_of, result_from
from chalicelib.core.graphs.evaluate import OWN, SIMULATED
from chalicelib.core.graphs.nodes.compute import check_payload, compute
from chalicelib.core.graphs.types import NODE_TYPES
from chalicelib.core.plan import PlanStep
from chalicelib.core.runs.call import Outcome
from chalicelib.core.steps import StepFailed

Run = Callable[[Mapping[str, Any]], Outcome]
"""Runs the step's action with these parameters. Raises StepFailed."""
Chain = Callable[[RpcCall], Any]
"""Calls the endpoint of a chain. Raises StepFailed."""


def act_node(
    step: PlanStep,
    params: Mapping[str, Any],
    clock: Clock,
    *,
    run: Run,
    chain: Chain,
    first: bool,
) -> Outcome:
    """What a node gives; `params` are its rendered payload. Raises StepFailed.

    In a simulation a node with effects has ended with its stub, even one that would wait. A node that
    writes to a chain does so on its `first` try only: of an earlier one nobody knows what it sent.
    """
    declared = NODE_TYPES[step.node]
    payload = {name: value for name, value in params.items() if name not in (OWN, SIMULATED)}
    check_payload(step.node, payload)
    if declared.effectful and SIMULATED in params:
        return Outcome(dict(declared.stub or {}), ended=True)
    if declared.on_chain:
        asked = rpc_call(step.node, payload, clock())
        if asked.writes and not first:
            message = "an earlier try was cut off and may have sent it: look at the chain"
            raise StepFailed("may_be_sent", message, retryable=False)
        return Outcome({asked.result: chain(asked)})
    if declared.action is None:
        result = compute(step.node, payload, params.get(OWN, {}), rfc3339(clock()))
        return Outcome(result)
    found = run(params_of(step.node, payload))
    return Outcome(result_from(step.node, found.output), found.usage)
