"""Endpoints of chains: JSON-RPC over the guarded HTTP client. Which there are the stage decides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.steps import StepFailed

if TYPE_CHECKING:
    from chalicelib.cloud.http import OutboundHttp

MOST_BYTES: Final = 1_000_000
TIMEOUT_SECONDS: Final = 30.0


class Chains:
    """Calls the endpoint of a chain."""

    def __init__(self, http: OutboundHttp, endpoints: Mapping[int, str]) -> None:
        self._http = http
        self._endpoints = endpoints

    def call(self, chain: int, method: str, params: Sequence[Any], *, seconds: float) -> Any:
        """The result of one call, which may take so long.

        Raises StepFailed: `no_rpc_endpoint` where the stage has none for the chain and `rpc_error`
        for what the endpoint refuses, both final; `rpc_unavailable` for an answer that is none; and
        what the HTTP client raises. A call that may have changed the chain is never repeated for
        these.
        """
        endpoint = self._endpoints.get(chain)
        if endpoint is None:
            message = f"the stage has no RPC endpoint for the chain {chain}"
            raise StepFailed("no_rpc_endpoint", message, retryable=False)
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._http.request(
            "POST",
            endpoint,
            headers={"content-type": "application/json"},
            body=json.dumps(request).encode(),
            timeout_seconds=min(TIMEOUT_SECONDS, seconds),
            max_bytes=MOST_BYTES,
            follow_redirects=0,
        )
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {"result", "error"} & found.keys():
            # Neither address nor body: an endpoint's path is often its key.
            message = f"the endpoint of chain {chain} answered {answer.status} and no JSON-RPC"
            raise StepFailed("rpc_unavailable", message)
        if found.get("error") is not None:
            error = found["error"]
            said = error.get("message") if isinstance(error, dict) else error
            raise StepFailed("rpc_error", f"{method}: {str(said)[:300]}", retryable=False)
        return found["result"]
