"""What a credential of a model's step says: where the models are, and what proves who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.cloud.openai import Endpoint
from chalicelib.core.credentials import Credential
from chalicelib.core.http_headers import header_name_problem, header_value_problem

WANTED = (
    '{"url": …, "api_key": …}, of an endpoint as OpenAI has it; "headers": {…} if it needs more'
)


def endpoint(credential: Credential, action: str) -> Endpoint:
    """The endpoint a credential names. Raises StepFailed `credential_invalid` (final)."""
    url, key = credential.member("url"), credential.member("api_key")
    value: Mapping[str, Any] = {} if isinstance(credential.value, str) else credential.value
    given = value.get("headers", {})
    if url is None or not isinstance(given, Mapping):
        raise credential.unusable(action, WANTED)
    headers = {"authorization": f"Bearer {key}"} if key is not None else {}
    headers |= {str(name).lower(): str(text) for name, text in given.items()}
    for name, text in headers.items():
        if header_name_problem(name) or header_value_problem(text):
            raise credential.unusable(action, "a header's name or value cannot be sent")
    return Endpoint(url, headers)
