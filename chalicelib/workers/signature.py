"""The Lambda that checks signatures of hooks: besides steps, the only one that can open secrets."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from chalicelib.core.steps import StepFailed
from chalicelib.core.triggers.webhook import is_signature
from chalicelib.services import Services
from chalicelib.telemetry import logger


def check_signature(found: Services, call: Mapping[str, Any]) -> dict[str, bool]:
    """`{valid}`: whether the message is signed with the secret. Raises Unavailable."""
    org, name = call["org"], call["secret"]
    try:
        text = found.secrets.credential(org, name).text
    except StepFailed as problem:
        logger.warning("a hook's secret", extra={"org": org, "secret": name, "why": problem.code})
        return {"valid": False}
    if text is None:
        why = "it is an object, not a text"
        logger.warning("a hook's secret", extra={"org": org, "secret": name, "why": why})
        return {"valid": False}
    message = base64.b64decode(call["message"])
    return {"valid": is_signature(text.strip(), message, call["signature"])}
