"""Checking a signature without seeing the secret: a Lambda that can open it answers yes or no."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from chalicelib.cloud.calls import later_is_unavailable
from chalicelib.core.errors import Unavailable


class Signatures:
    """`client` is a function, so that no client is made by a process that needs none."""

    def __init__(self, client: Callable[[], Any], function_arn: str) -> None:
        self._client = client
        self._function_arn = function_arn

    def valid(self, org: str, secret: str, message: bytes, signature: str) -> bool:
        """Whether the message is signed with the organisation's secret of that name; False when
        there is none. One call. Raises Unavailable."""
        call = {
            "org": org,
            "secret": secret,
            "message": base64.b64encode(message).decode(),
            "signature": signature,
        }
        with later_is_unavailable("Lambda"):
            answer = self._client().invoke(
                FunctionName=self._function_arn, Payload=json.dumps(call).encode()
            )
        if "FunctionError" in answer:
            raise Unavailable("the signature could not be checked")
        return bool(json.loads(answer["Payload"].read()) == {"valid": True})
