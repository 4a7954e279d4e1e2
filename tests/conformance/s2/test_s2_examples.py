"""The examples run as they stand, against servers of the tests; only where to is set from outside."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.support.stack import Api

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@dataclass
class Answering:
    """A server on loopback that answers each path with its JSON, and keeps what it is sent."""

    answers: dict[str, Any]
    posted: list[tuple[str, Any]] = field(default_factory=list)
    url: str = ""

    def sent_to(self, path: str) -> list[Any]:
        return [body for found, body in self.posted if found == path]


@contextmanager
def answering(**answers: Any) -> Iterator[Answering]:
    state = Answering({f"/{name}": answer for name, answer in answers.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(state.answers.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.posted.append((self.path, json.loads(body)))
            self._answer({})

        def _answer(self, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(404 if value is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def applied(api: Api, name: str) -> None:
    api.apply((EXAMPLES / f"{name}.yaml").read_text())


def test_s2_examples__compare_sources_goes_on_with_those_that_answered(api: Api) -> None:
    applied(api, "compare-sources")
    with answering(a={"price": 30}, b={"price": 20}) as server:
        urls = {name: f"{server.url}/{path}" for name, path in zip(NAMES, "abc", strict=True)}
        detail = api.ended(api.run("compare-sources", urls))
    assert detail["status"] == "completed", detail["error"]
    assert detail["outputs"]["best"] == 20
    assert detail["outputs"]["answered"] == 2
    assert len(detail["outputs"]["errors"]) == 1


def test_s2_examples__compare_sources_ends_well_without_any_answer(api: Api) -> None:
    applied(api, "compare-sources")
    with answering() as server:
        detail = api.ended(api.run("compare-sources", dict.fromkeys(NAMES, f"{server.url}/x")))
    assert detail["status"] == "completed", detail["error"]
    assert (detail["outputs"]["answered"], detail["outputs"]["best"]) == (0, None)


NAMES = ("first", "second", "third")


def test_s2_examples__nightly_report_has_its_schedule_and_sends_its_report(api: Api) -> None:
    applied(api, "nightly-report")
    (trigger,) = api.get("/api/v1/workflows/nightly-report/triggers").json()["triggers"]
    assert (trigger["schedule"], trigger["timezone"]) == ("30 2 * * *", "Europe/Berlin")
    at = datetime.fromisoformat(trigger["next_at"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert (at.hour, at.minute) == (2, 30)
    with answering(orders={"orders": [{"total": 20}, {"total": 2000}]}) as server:
        inputs = {"source": f"{server.url}/orders", "target": f"{server.url}/chat"}
        detail = api.ended(api.run("nightly-report", inputs))
        assert detail["status"] == "completed", detail["error"]
        assert detail["outputs"] == {"orders": 2, "large": 1}
        (report,) = server.sent_to("/chat")
    assert report == {"text": "2 orders, 1 of them large", "large": [{"total": 2000}]}
    assert api.call("DELETE", "/api/v1/workflows/nightly-report").status_code == 200


def test_s2_examples__order_webhook_forwards_small_orders_and_has_large_ones_approved(
    api: Api,
) -> None:
    secret = "what the shop signs with"
    stored = api.call("PUT", "/api/v1/secrets/orders-webhook", json={"value": secret})
    assert stored.status_code == 200, stored.text
    with answering() as server:
        text = (EXAMPLES / "order-webhook.yaml").read_text()
        away = "https://warehouse.example.com/orders"
        assert away in text
        api.apply(text.replace(away, f"{server.url}/orders"))

        small = api.ended(ordered(api, secret, {"id": "o-1", "total": 20}))
        assert small["status"] == "completed", small["error"]
        assert server.sent_to("/orders") == [{"id": "o-1", "total": 20}]

        large = ordered(api, secret, {"id": "o-2", "total": 900})
        api.until(large, lambda detail: detail["steps"][1]["approval_id"] is not None)
        pending = api.get("/api/v1/approvals?status=pending").json()["approvals"]
        (mine,) = [item for item in pending if item["run_id"] == large]
        assert "o-2" in mine["message"]
        assert len(server.sent_to("/orders")) == 1
        answer = api.post(f"/api/v1/approvals/{mine['id']}/approve", json={"comment": "fine"})
        assert answer.status_code == 200, answer.text
        assert api.ended(large)["status"] == "completed"
        assert server.sent_to("/orders")[1] == {"id": "o-2", "total": 900}
    forged = requests.post(f"{api.base_url}/hooks/orders", json={}, headers={SIGNATURE: "0" * 64})
    assert forged.status_code == 403


SIGNATURE = "X-Hub-Signature-256"


def ordered(api: Api, secret: str, order: dict[str, Any]) -> str:
    """An order, signed as the shop would; the run it starts."""
    body = json.dumps(order).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", SIGNATURE: signature}
    answer = requests.post(f"{api.base_url}/hooks/orders", data=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])
