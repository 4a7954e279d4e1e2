"""Health. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make


def healthz() -> Request[t.Alive]:
    """The process is running."""
    return make(
        "GET",
        "/healthz",
        public=True,
    )


def metrics() -> Request[str]:
    """Prometheus metrics."""
    return make(
        "GET",
        "/metrics",
    )


def readyz() -> Request[t.Ready]:
    """The table, Step Functions and the bucket can be reached."""
    return make(
        "GET",
        "/readyz",
        public=True,
    )


class Health:
    """Liveness, readiness, metrics."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def healthz(self) -> t.Alive:
        """The process is running.

        `GET /healthz`; public.
        """
        return self._send(healthz())

    def metrics(self) -> str:
        """Prometheus metrics.

        `GET /metrics`; role viewer.
        """
        return self._send(metrics())

    def readyz(self) -> t.Ready:
        """The table, Step Functions and the bucket can be reached.

        `GET /readyz`; public.
        """
        return self._send(readyz())


class AsyncHealth:
    """Liveness, readiness, metrics."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def healthz(self) -> t.Alive:
        """The process is running.

        `GET /healthz`; public.
        """
        return await self._send(healthz())

    async def metrics(self) -> str:
        """Prometheus metrics.

        `GET /metrics`; role viewer.
        """
        return await self._send(metrics())

    async def readyz(self) -> t.Ready:
        """The table, Step Functions and the bucket can be reached.

        `GET /readyz`; public.
        """
        return await self._send(readyz())
