"""POSTs that create something once, however often they are sent with the same `Idempotency-Key`.

no record of the key   create, and write the record in the same transaction
the same request       the first answer again, `Idempotent-Replayed: true`
another request        422
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Protocol

from chalice.app import Response
from pydantic import BaseModel

from chalicelib.api.requests import ApiRequest
from chalicelib.core.errors import IdempotencyMismatch, Unavailable
from chalicelib.services import services
from chalicelib.store.table import ConditionFailed, Put


class Keep(Protocol):
    """The writes that remember an answer: none where the request has no key. `password_hash` is
    what was stored of the request's password."""

    def __call__(self, answer: BaseModel, password_hash: str = "") -> list[Put]: ...


def once(
    request: ApiRequest,
    given: BaseModel,
    create: Callable[[Keep], BaseModel],
    *,
    hidden: str | None = None,
) -> BaseModel | Response:
    """What `create` answers, or answered the first time. It has to hand what it `keep`s to the
    transaction that creates, which raises ConditionFailed where another request was faster.

    `hidden` names the member of the body that is a password. A key belongs to its caller and its route.
    Raises IdempotencyMismatch for another body under the same key.
    """
    if request.idempotency_key is None:
        return create(lambda answer, password_hash="": [])
    slot = _Slot(request, given, hidden)
    first = slot.first()
    if first is None:
        try:
            return create(slot.keep)
        except ConditionFailed as repeated:
            first = slot.first()
            if first is None:
                raise Unavailable("the first request's answer is not there yet") from repeated
    return first


class _Slot:
    """Where the answer to a request with a key is remembered."""

    def __init__(self, request: ApiRequest, given: BaseModel, hidden: str | None) -> None:
        caller = request.caller
        who = caller.owner or caller.token_id or caller.name
        self._org = caller.org
        self._name = f"{request.path}\n{who}\n{request.idempotency_key}"
        self._password = str(getattr(given, hidden)) if hidden else ""
        body = given.model_dump(mode="json", exclude={hidden} if hidden else None)
        text = json.dumps(body, sort_keys=True, ensure_ascii=True)
        self._request = hashlib.sha256(text.encode()).hexdigest()
        self._replays = services().identity.replays

    def first(self) -> Response | None:
        found = self._replays.find(self._org, self._name)
        if found is None:
            return None
        if found.request != self._request or not self._same_password(found.password_hash):
            raise IdempotencyMismatch("the Idempotency-Key was used with another request")
        headers: dict[str, str | list[str]] = {
            "Content-Type": "application/json",
            "Idempotent-Replayed": "true",
        }
        return Response(body=found.answer, status_code=201, headers=headers)

    def keep(self, answer: BaseModel, password_hash: str = "") -> list[Put]:
        from chalicelib.store.replays import Replay

        replay = Replay(self._request, password_hash, answer.model_dump_json(by_alias=True))
        return [self._replays.record(self._org, self._name, replay)]

    def _same_password(self, stored: str) -> bool:
        from chalicelib.core.identity.passwords import fits

        return not self._password or fits(self._password, stored)
