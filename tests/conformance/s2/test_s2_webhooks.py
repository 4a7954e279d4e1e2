"""S2, webhooks: `POST /hooks/{path}` is guarded by its signature, or needs an operator's token.
(Contract: HMAC-SHA256 of the raw body, `sha256=<hex>` or bare hex; 202 like run, 403 bad signature.)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import pytest
import requests

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.definitions import shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

SECRET = "a secret of some length"


def hooked(name: str, path: str, **more: Any) -> dict[str, Any]:
    return workflow(
        name,
        shape("told", {"all": "{{ trigger }}", "again": "{{ inputs.trigger.payload }}"}),
        triggers=[{"type": "webhook", "path": path, **more}],
        outputs={"all": "{{ steps.told.output.all }}"},
    )


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    api = stack.api
    answer = api.call("PUT", "/api/v1/secrets/hook-key", json={"value": SECRET})
    assert answer.status_code == 200, answer.text
    api.apply(hooked("hooks-signed", "shop/orders", secret="hook-key"))
    api.apply(hooked("hooks-open", "/hooks/open"))
    return api


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(
    api: Api,
    body: bytes,
    path: str = "shop/orders",
    media: str = "application/json",
    **headers: str,
) -> requests.Response:
    """Without a token; `X_Signature_256` stands for the header `X-Signature-256`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(
        f"{api.base_url}/hooks/{path}",
        data=body,
        headers={"Content-Type": media, **named},
        timeout=PATIENCE_SECONDS,
    )


def order() -> bytes:
    """A body that no other test sends."""
    return json.dumps({"order": uuid.uuid4().hex, "größe": 2}, ensure_ascii=False).encode()


@pytest.mark.parametrize("header", ["X_Hub_Signature_256", "X_Signature_256"])
@pytest.mark.parametrize("form", ["sha256={}", "{}"])
def test_s2_webhooks__a_signed_request_starts_a_run(api: Api, header: str, form: str) -> None:
    body = order()
    answer = post(
        api, body, **{header: form.format(sign(body)), "X_Shop": "north", "Cookie": "a=b"}
    )
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert set(started) == {"execution_id", "workflow", "version"}
    detail = api.ended(started["execution_id"])
    assert detail["status"] == "completed", detail
    trigger = detail["trigger"]
    assert (trigger["type"], trigger["path"]) == ("webhook", "shop/orders")
    assert trigger["payload"] == json.loads(body)
    assert trigger["headers"]["x-shop"] == "north"
    assert not {"cookie", "authorization", header.lower().replace("_", "-")} & set(
        trigger["headers"]
    )
    assert detail["outputs"] == {"all": trigger}
    assert SECRET not in json.dumps(detail)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Signature_256": ""},
        {"X_Signature_256": "sha256="},
        {"X_Signature_256": "0" * 64},
        {"X_Signature_256": "nonsense"},
        {"X_Signature": "0" * 64},
    ],
    ids=str,
)
def test_s2_webhooks__a_missing_or_wrong_signature_is_403(
    api: Api, headers: dict[str, str]
) -> None:
    problem(post(api, order(), **headers), 403, "permission-denied")


def test_s2_webhooks__the_signature_is_of_the_raw_body_and_this_secret(api: Api) -> None:
    body = order()
    spaced = body.replace(b":", b": ", 1)
    for given, signature in ((spaced + b" ", sign(body)), (body, sign(body, "another secret"))):
        problem(post(api, given, X_Signature_256=signature), 403, "permission-denied")
    token = {"Authorization": f"Bearer {api.token}"}  # a token does not stand for a signature
    problem(post(api, body, **token), 403, "permission-denied")


@pytest.mark.parametrize("path", ["nobody", "shop", "shop/orders/more", "a/b/c"])
def test_s2_webhooks__an_unknown_path_is_404(api: Api, path: str) -> None:
    body = order()
    problem(post(api, body, path=path, X_Signature_256=sign(body)), 404, "not-found")


def test_s2_webhooks__json_that_is_none_is_400_and_other_text_is_text(api: Api) -> None:
    body = b'{"a": ' + uuid.uuid4().hex.encode()
    signed = {"X_Signature_256": sign(body)}
    problem(post(api, body, **signed), 400, "bad-request")
    answer = post(api, body, media="text/plain", **signed)
    detail = api.detail(answer.json()["execution_id"])
    assert detail["trigger"]["payload"] == body.decode()


def test_s2_webhooks__a_body_that_no_run_can_hold_is_413(api: Api) -> None:
    body = b'"' + b"x" * 300_000 + b'"'
    problem(post(api, body, X_Signature_256=sign(body)), 413, "too-large")


def test_s2_webhooks__the_same_signature_again_is_the_same_run(api: Api) -> None:
    body = order()
    signed = {"X_Signature_256": sign(body)}
    first = post(api, body, **signed, X_Delivery="1")
    again = post(api, body, **signed, X_Delivery="2", Idempotency_Key="another")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.headers.get("Idempotent-Replayed") is None
    assert again.headers["Idempotent-Replayed"] == "true"


def test_s2_webhooks__an_old_signature_is_403_where_the_time_is_signed(api: Api) -> None:
    body = order()

    def stamped(age: int, *, signed_age: int | None = None) -> requests.Response:
        now = int(time.time())
        said = str(now - (age if signed_age is None else signed_age)).encode()
        headers = {"X_Signature_256": sign(said + b"." + body)}
        return post(api, body, **headers, X_Signature_Timestamp=str(now - age))

    problem(stamped(3600), 403, "permission-denied")
    problem(stamped(-3600), 403, "permission-denied")
    problem(stamped(0, signed_age=3600), 403, "permission-denied")
    assert stamped(60).status_code == 202
    assert stamped(30).json() != stamped(60).json()  # another time, another delivery


def test_s2_webhooks__without_a_secret_an_operators_token_is_needed(
    stack: RunningStack, api: Api, viewer: Api, operator: Api, stranger: Api
) -> None:
    body = order()
    problem(post(api, body, path="open"), 401, "unauthorized")
    problem(post(api, body, path="open", X_Signature_256=sign(body)), 401, "unauthorized")
    problem(viewer.post("/hooks/open", json={}), 403, "permission-denied", "rule_source")
    problem(stranger.post("/hooks/open", json={}), 404, "not-found")
    first, second = (operator.post("/hooks/open", json={"n": 1}) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() != second.json()
    assert api.detail(first.json()["execution_id"])["trigger"]["payload"] == {"n": 1}
    assert stack.api_as(Role.ADMIN, name="hooks-admin").post("/hooks/open").status_code == 202


def test_s2_webhooks__with_a_token_the_idempotency_key_counts(operator: Api) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (operator.post("/hooks/open", json={"n": 1}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = operator.post("/hooks/open", json={"n": 2}, headers=key)
    problem(other, 422, "idempotency-mismatch", "run_id")


def test_s2_webhooks__a_path_is_one_workflows_until_it_lets_go(api: Api, stranger: Api) -> None:
    api.apply(hooked("hooks-first", "taken"))
    problem(api.put("hooks-second", hooked("hooks-second", "taken")), 409, "conflict")
    problem(stranger.put("hooks-second", hooked("hooks-second", "taken")), 409, "conflict")
    problem(api.get("/api/v1/workflows/hooks-second"), 404, "not-found")
    api.call("DELETE", "/api/v1/workflows/hooks-first")
    problem(api.post("/hooks/taken", json={}), 404, "not-found")
    stranger.apply(hooked("hooks-second", "taken"))
    assert stranger.post("/hooks/taken", json={}).status_code == 202
    stranger.call("DELETE", "/api/v1/workflows/hooks-second")


def test_s2_webhooks__a_secret_that_is_not_there_is_403(api: Api) -> None:
    api.apply(hooked("hooks-lost", "lost", secret="never-stored"))
    body = order()
    answer = post(api, body, path="lost", X_Signature_256=sign(body, ""))
    problem(answer, 403, "permission-denied")
