"""S3's POSTs that make something, once for each `Idempotency-Key`.

A swarm's operations are more than one transaction, so a key is claimed first and given its answer
afterwards:

no record, or an old claim   claim it, act, write the answer
an answer                    the same again, `Idempotent-Replayed: true`
a claim                      409: the first request is being answered
another request              422

What is refused gives its claim back. A process that dies between acting and answering leaves a claim
that ends by itself; a repeated request acts again then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Response
from pydantic import BaseModel

from chalicelib.api.requests import ApiRequest
from chalicelib.core.errors import Conflict, IdempotencyMismatch, RunyardError
from chalicelib.services import services


def once(
    request: ApiRequest,
    given: BaseModel,
    act: Callable[[], Mapping[str, Any]],
    *,
    status: int = 201,
    echoed: Mapping[str, Any] | None = None,
) -> Response:
    """The answer of `act`, now or as it was the first time. `echoed` are members of the answer that
    repeat the request, too long to be kept with its key. Raises IdempotencyMismatch, Conflict, and
    what `act` raises."""
    if request.idempotency_key is None:
        return _answer(act(), echoed, status, replayed=False)
    slot = services().identity.replays
    caller = request.caller
    who = caller.owner or caller.token_id or caller.name
    name = f"{request.path}\n{who}\n{request.idempotency_key}"
    asked = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
    first = slot.claim(caller.org, name, asked)
    if first is None:
        try:
            answer = act()
        except RunyardError:
            slot.give_back(caller.org, name)
            raise
        slot.answer(caller.org, name, asked, json.dumps(answer))
        return _answer(answer, echoed, status, replayed=False)
    if first.request != asked:
        raise IdempotencyMismatch("the Idempotency-Key was used with another request")
    if not first.answer:
        raise Conflict("the first request with this Idempotency-Key is still being answered")
    return _answer(json.loads(first.answer), echoed, status, replayed=True)


def _answer(
    found: Mapping[str, Any], echoed: Mapping[str, Any] | None, status: int, *, replayed: bool
) -> Response:
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    text = json.dumps({**found, **(echoed or {})}, separators=(",", ":"), ensure_ascii=False)
    return Response(body=text, status_code=status, headers=headers)
