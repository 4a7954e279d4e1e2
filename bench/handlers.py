"""What our own code costs in a request: handlers whose AWS calls answer at once, beside bare routes.

The answers are recorded once from moto, so that both sides return real bodies of one size.
"""

from __future__ import annotations

import io
import json
import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from chalice.app import Chalice
from moto import mock_aws

from bench.rows import Row, against, quiet
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.core.roles import Role
from chalicelib.services import Services
from chalicelib.store.tokens import Token
from tests.support.clients import NOT_AWS
from tests.support.world import ORG, SETTINGS, World

_ROUNDS = 300
_TOKEN = "bench.secret"
_CONTEXT = SimpleNamespace(aws_request_id="bench", function_name="bench")
_STEPS: list[dict[str, Any]] = [
    {"name": f"s{n}", "action": "transform", "params": {"n": n}} for n in range(10)
]


class Recorded:
    """A client that answers from AWS once, and from memory when the same is asked again."""

    def __init__(self, client: Any, answers: dict[str, Any]) -> None:
        self._client = client
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in NOT_AWS or not callable(found):
            return found

        def call(**arguments: Any) -> Any:
            asked = f"{name} {arguments.get('Key')} {arguments.get('IndexName')}"
            if name in {"transact_write_items", "start_execution", "stop_execution"}:
                asked = name
            if asked not in self._answers:
                self._answers[asked] = found(**arguments)
            return self._answers[asked]

        return call


def rows() -> Iterator[Row]:
    """List, detail, start and cancel: median of many calls, taken in turns."""
    from app import app

    with _stubbed() as run_id:
        for name, method, resource, path in (
            ("list of 20", "GET", "/api/v1/executions", {}),
            ("detail of 10 steps", "GET", "/api/v1/executions/{id}", {"id": run_id}),
            ("start", "POST", "/api/v1/run/{workflow}", {"workflow": "bench"}),
            ("cancel", "POST", "/api/v1/cancel/{execution}", {"execution": run_id}),
        ):
            event, bare_event = _event(method, resource, path), _event(method, "/same", {})
            answer = app(event, _CONTEXT)
            if answer["statusCode"] >= 300:
                raise RuntimeError(f"{method} {resource}: {answer}")
            bare = _bare(method, json.loads(answer["body"]))
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(_ROUNDS):
                times[0].append(_timed(app, event))
                times[1].append(_timed(bare, bare_event))
            ours, reference = map(statistics.median, times)
            yield against(f"handler, {name} | bare Chalice route", ours, reference, "ms", 2, 2)


def _timed(handler: Callable[[Any, Any], object], event: dict[str, Any]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    handler(event, _CONTEXT)
    return 1000 * (time.perf_counter() - began)


def _bare(method: str, body: Any) -> Chalice:
    app = Chalice(app_name="bare")
    app.route("/same", methods=[method])(lambda: body)
    return app


def _event(method: str, resource: str, path: dict[str, str]) -> dict[str, Any]:
    """What API Gateway sends to the function."""
    return {
        "resource": resource,
        "path": resource.format(**path),
        "httpMethod": method,
        "headers": {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": path,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "path": resource.format(**path),
            "requestId": "bench",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if method == "GET" else "{}",
        "isBase64Encoded": False,
    }


@contextmanager
def _stubbed() -> Iterator[str]:
    """The app with services whose AWS answers from memory; the id of a run that it knows.

    Logs are written as always, but to memory."""
    fake = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    with patch.dict(os.environ, {**fake, "AWS_DEFAULT_REGION": "us-east-1"}), mock_aws():
        world = World()
        world.apply({"name": "bench", "steps": _STEPS})
        now = utc_now()
        token = Token("tok_1", "bench", ORG, Role.ADMIN, rfc3339(now), "2999-01-01T00:00:00.000Z")
        world.services.tokens.store(token, "secret")
        runs = [world.start("bench") for _ in range(20)]
        with quiet():
            for step in _STEPS:
                world.run_step(runs[0], step["name"])
        answers: dict[str, Any] = {}
        known = Services(
            SETTINGS, client=lambda *a, **more: Recorded(world._client(*a, **more), answers)
        )
        logger = logging.getLogger("runyard")
        handlers, silent = list(logger.handlers), logging.StreamHandler(io.StringIO())
        if handlers:
            silent.setFormatter(handlers[0].formatter)
        logger.handlers = [silent]
        try:
            with (
                patch("app.services", lambda: known),
                patch("chalicelib.api.executions.services", lambda: known),
            ):
                yield runs[0]
        finally:
            logger.handlers = handlers
