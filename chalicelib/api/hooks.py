"""S2: `POST /hooks/{path}` starts the workflow whose webhook has that path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Response

from chalicelib.api.executions import Triggered
from chalicelib.api.middleware import principal_with
from chalicelib.api.requests import ApiRequest, parse_json
from chalicelib.api.routing import IDEMPOTENCY_KEY, PUBLIC, Routes, View
from chalicelib.core.errors import BadRequest, NotFound, PermissionDenied, TooLarge
from chalicelib.core.graph_workflows.model import WORKFLOW_ID
from chalicelib.core.roles import Role
from chalicelib.services import services

if TYPE_CHECKING:
    from chalicelib.core.runs.repeats import Started
    from chalicelib.core.triggers.model import Trigger

routes = Routes(__name__, tag="hooks")

MOST_HOOK_BYTES: Final = 300_000
"""What a run's inputs may have: the payload becomes one of them."""
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\Z")
_SUMMARY: Final = "Start the workflow behind a webhook"
_ERRORS: Final = (400, 401, 402, 403, 404, 409, 413, 422, 429)


def _declare(path: str) -> Callable[[View], View]:
    return routes.declare(
        "POST",
        path,
        role=PUBLIC,
        summary=_SUMMARY,
        status=202,
        answer=Triggered,
        body={"description": "Anything; JSON is parsed."},
        body_types=("*/*",),
        body_required=False,
        parameters=(IDEMPOTENCY_KEY,),
        errors=_ERRORS,
        lenient=True,
    )


@_declare("/hooks/{path}")
def hook(request: ApiRequest, path: str) -> Response:
    """Guarded by its signature, or by an operator's token where the trigger names no secret."""
    return _fire(request, path)


@_declare("/hooks/{path}/{second}")
def hook_of_two(request: ApiRequest, path: str, second: str) -> Response:
    """A path of two parts."""
    return _fire(request, f"{path}/{second}")


@_declare("/hooks/{path}/{second}/{third}")
def hook_of_three(request: ApiRequest, path: str, second: str, third: str) -> Response:
    """A path of three parts."""
    return _fire(request, f"{path}/{second}/{third}")


def _fire(request: ApiRequest, path: str) -> Response:
    from chalicelib.core.triggers.webhook import told_headers

    org, trigger, start = _behind(path)
    body = request.body()
    if len(body) > MOST_HOOK_BYTES:
        raise TooLarge(f"the body is over {MOST_HOOK_BYTES:,} bytes")
    secret = trigger.content["secret"]
    headers = request.headers
    if secret is None:
        principal = principal_with(
            Role.OPERATOR, headers, lambda: services().identity.bearers.principal
        )
        if principal.org != org:
            raise _unknown()
        who, key = principal.name, request.idempotency_key
        occurrence = hashlib.sha256(body).hexdigest()
    else:
        occurrence = _signature(request, org, secret, body)
        who, key = "trigger:webhook", trigger.key(occurrence)
    started = start(
        payload=_payload(headers.get("content-type", ""), body),
        headers=told_headers(headers),
        occurrence=occurrence,
        key=key,
        principal=who,
    )
    return _answer(started)


def _behind(path: str) -> tuple[str, Trigger, Callable[..., Started]]:
    """(organisation, trigger, what starts its runs). Raises NotFound where no newest version has it,
    of a graph workflow no published one."""
    from chalicelib.core.triggers.model import triggers_of

    found = services()
    owner = found.hooks.owner(path) if len(path) <= 200 else None
    if owner is not None and WORKFLOW_ID.match(owner.workflow):
        armed = found.v1.firer.armed(owner.org, owner.workflow)
        if armed is None or armed.trigger.content.get("path") != path:
            raise _unknown()
        return owner.org, armed.trigger, partial(found.v1.firer.webhook, armed)
    version = found.workflows.latest(owner.org, owner.workflow) if owner else None
    if owner is None or version is None:
        raise _unknown()
    for trigger in triggers_of(owner.org, owner.workflow, version.source):
        if trigger.content.get("path") == path:
            return owner.org, trigger, partial(found.firer.webhook, owner.org, version, trigger)
    raise _unknown()


def _unknown() -> NotFound:
    return NotFound("there is no such hook")


def _signature(request: ApiRequest, org: str, secret: str, body: bytes) -> str:
    """The signature, if it is good. Raises PermissionDenied."""
    from chalicelib.core.triggers.webhook import signature_of, signed_message

    found = services()
    signature = signature_of(request.headers)
    message = signed_message(request.headers, body, found.clock())
    if signature is None or message is None:
        raise PermissionDenied("the signature is missing, cannot be read, or is too old")
    if not found.signatures.valid(org, secret, message, signature):
        raise PermissionDenied("the signature is wrong")
    return signature


def _payload(content_type: str, body: bytes) -> Any:
    """The body: parsed where it says that it is JSON, text otherwise. Raises BadRequest."""
    if not body:
        return None
    if _JSON.match(content_type.partition(";")[0].strip().lower()):
        return parse_json(body)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadRequest("the body is not UTF-8") from problem


def _answer(started: Started) -> Response:
    run = started.run
    answer = Triggered(execution_id=run.id, workflow=run.workflow, version=run.version)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if started.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body=answer.model_dump_json(), status_code=202, headers=headers)
