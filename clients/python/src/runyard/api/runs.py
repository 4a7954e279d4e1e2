"""Runs. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal

from runyard import types as t
from runyard._pages import TokenCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def cancel_all(
    *, execution_type: Literal["workflow-run", "method-run"] | None = None
) -> Request[t.CancelledExecutions]:
    """Cancel all running executions, or those of one type."""
    return make(
        "POST",
        "/api/v1/cancel",
        body=members({}, {"executionType": execution_type}, needed=False),
    )


def cancel_execution(execution: str) -> Request[t.Cancelled]:
    """Cancel a queued, running or waiting execution."""
    return make(
        "POST",
        "/api/v1/cancel/{execution}",
        path={"execution": execution},
    )


def cancel_one(execution: str, id: str) -> Request[t.CancelledExecution]:
    """Cancel a running execution by its type and id."""
    return make(
        "POST",
        "/api/v1/cancel/{execution}/{id}",
        path={"execution": execution, "id": id},
    )


def list_executions(
    *,
    workflow: str | None = None,
    status: Literal["pending", "running", "completed", "failed", "timed_out", "cancelled"]
    | None = None,
    since: str | None = None,
    limit: int | None = None,
    page_token: str | None = None,
) -> Request[t.ExecutionList]:
    """List executions, newest first."""
    return make(
        "GET",
        "/api/v1/executions",
        query={
            "workflow": workflow,
            "status": status,
            "since": since,
            "limit": limit,
            "page_token": page_token,
        },
    )


def delete_execution(id: str) -> Request[t.DeletedExecution]:
    """Delete an execution that is over, with everything that belongs to it."""
    return make(
        "DELETE",
        "/api/v1/executions/{id}",
        path={"id": id},
    )


def get_execution(id: str) -> Request[t.ExecutionDetail]:
    """One execution with its steps."""
    return make(
        "GET",
        "/api/v1/executions/{id}",
        path={"id": id},
    )


def get_logs(
    id: str, *, after: int | None = None, limit: int | None = None
) -> Request[t.ExecutionLogs]:
    """What happened in an execution, line by line."""
    return make(
        "GET",
        "/api/v1/executions/{id}/logs",
        path={"id": id},
        query={"after": after, "limit": limit},
    )


def retry_execution(id: str, *, idempotency_key: str | None = None) -> Request[t.Retried]:
    """Retry an execution: a new one that keeps the outputs of what succeeded."""
    return make(
        "POST",
        "/api/v1/executions/{id}/retry",
        path={"id": id},
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def run_workflow(
    workflow: str, *, inputs: Mapping[str, Any] | None = None, idempotency_key: str | None = None
) -> Request[t.Triggered]:
    """Start an execution of a workflow's latest applied version."""
    return make(
        "POST",
        "/api/v1/run/{workflow}",
        path={"workflow": workflow},
        body=members({}, {"inputs": inputs}, needed=False),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


class Runs:
    """S0's cancel endpoints. Runs of workflows: start, watch, cancel, retry, delete."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def cancel_all(
        self, *, execution_type: Literal["workflow-run", "method-run"] | None = None
    ) -> t.CancelledExecutions:
        """Cancel all running executions, or those of one type.

        `POST /api/v1/cancel`; role operator.

        `execution_type`: Only runs of this type.
        """
        return self._send(cancel_all(execution_type=execution_type))

    def cancel(self, execution: str) -> t.Cancelled:
        """Cancel a queued, running or waiting execution.

        `POST /api/v1/cancel/{execution}`; role operator.

        `execution`: The execution's id.
        """
        return self._send(cancel_execution(execution))

    def cancel_one(self, execution: str, id: str) -> t.CancelledExecution:
        """Cancel a running execution by its type and id.

        `POST /api/v1/cancel/{execution}/{id}`; role operator.

        `execution`: The type of the run.

        `id`: The run's id.
        """
        return self._send(cancel_one(execution, id))

    def list(
        self,
        *,
        workflow: str | None = None,
        status: Literal["pending", "running", "completed", "failed", "timed_out", "cancelled"]
        | None = None,
        since: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> t.ExecutionList:
        """List executions, newest first.

        `GET /api/v1/executions`; role viewer.

        `workflow`: Only executions of this workflow.

        `status`: Only executions with this status.

        `since`: Only executions started since: a duration (90m, 24h, 7d) or a time.

        `limit`: At most this many.

        `page_token`: The next_page_token of the page before.
        """
        return self._send(
            list_executions(
                workflow=workflow, status=status, since=since, limit=limit, page_token=page_token
            )
        )

    def list_all(
        self,
        *,
        workflow: str | None = None,
        status: Literal["pending", "running", "completed", "failed", "timed_out", "cancelled"]
        | None = None,
        since: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[t.Execution]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_executions(
                workflow=workflow, status=status, since=since, limit=page_size, page_token=place
            )

        return walk(self._send, TokenCursor("next_page_token", "executions"), page)

    def delete(self, id: str) -> t.DeletedExecution:
        """Delete an execution that is over, with everything that belongs to it.

        `DELETE /api/v1/executions/{id}`; role admin.

        `id`: The execution's id.
        """
        return self._send(delete_execution(id))

    def get(self, id: str) -> t.ExecutionDetail:
        """One execution with its steps.

        `GET /api/v1/executions/{id}`; role viewer.

        `id`: The execution's id.
        """
        return self._send(get_execution(id))

    def logs(
        self, id: str, *, after: int | None = None, limit: int | None = None
    ) -> t.ExecutionLogs:
        """What happened in an execution, line by line.

        `GET /api/v1/executions/{id}/logs`; role viewer.

        `id`: The execution's id.

        `after`: Only lines behind this number: the `next` of the answer before.

        `limit`: At most this many.
        """
        return self._send(get_logs(id, after=after, limit=limit))

    def logs_all(self, id: str, *, page_size: int | None = None) -> Iterator[t.ExecutionLogLine]:
        """Every item of `logs`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return get_logs(id, limit=page_size, after=place)

        return walk(self._send, TokenCursor("next", "logs"), page)

    def retry(self, id: str, *, idempotency_key: str | None = None) -> t.Retried:
        """Retry an execution: a new one that keeps the outputs of what succeeded.

        `POST /api/v1/executions/{id}/retry`; role operator.

        `id`: The execution's id.

        `idempotency_key`: Made where none is given.
        """
        return self._send(retry_execution(id, idempotency_key=idempotency_key))

    def start(
        self,
        workflow: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start an execution of a workflow's latest applied version.

        `POST /api/v1/run/{workflow}`; role operator.

        `workflow`: The workflow's name.

        `inputs`: Values of declared inputs.

        `idempotency_key`: Made where none is given.
        """
        return self._send(run_workflow(workflow, inputs=inputs, idempotency_key=idempotency_key))


class AsyncRuns:
    """S0's cancel endpoints. Runs of workflows: start, watch, cancel, retry, delete."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def cancel_all(
        self, *, execution_type: Literal["workflow-run", "method-run"] | None = None
    ) -> t.CancelledExecutions:
        """Cancel all running executions, or those of one type.

        `POST /api/v1/cancel`; role operator.

        `execution_type`: Only runs of this type.
        """
        return await self._send(cancel_all(execution_type=execution_type))

    async def cancel(self, execution: str) -> t.Cancelled:
        """Cancel a queued, running or waiting execution.

        `POST /api/v1/cancel/{execution}`; role operator.

        `execution`: The execution's id.
        """
        return await self._send(cancel_execution(execution))

    async def cancel_one(self, execution: str, id: str) -> t.CancelledExecution:
        """Cancel a running execution by its type and id.

        `POST /api/v1/cancel/{execution}/{id}`; role operator.

        `execution`: The type of the run.

        `id`: The run's id.
        """
        return await self._send(cancel_one(execution, id))

    async def list(
        self,
        *,
        workflow: str | None = None,
        status: Literal["pending", "running", "completed", "failed", "timed_out", "cancelled"]
        | None = None,
        since: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> t.ExecutionList:
        """List executions, newest first.

        `GET /api/v1/executions`; role viewer.

        `workflow`: Only executions of this workflow.

        `status`: Only executions with this status.

        `since`: Only executions started since: a duration (90m, 24h, 7d) or a time.

        `limit`: At most this many.

        `page_token`: The next_page_token of the page before.
        """
        return await self._send(
            list_executions(
                workflow=workflow, status=status, since=since, limit=limit, page_token=page_token
            )
        )

    def list_all(
        self,
        *,
        workflow: str | None = None,
        status: Literal["pending", "running", "completed", "failed", "timed_out", "cancelled"]
        | None = None,
        since: str | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[t.Execution]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_executions(
                workflow=workflow, status=status, since=since, limit=page_size, page_token=place
            )

        return async_walk(self._send, TokenCursor("next_page_token", "executions"), page)

    async def delete(self, id: str) -> t.DeletedExecution:
        """Delete an execution that is over, with everything that belongs to it.

        `DELETE /api/v1/executions/{id}`; role admin.

        `id`: The execution's id.
        """
        return await self._send(delete_execution(id))

    async def get(self, id: str) -> t.ExecutionDetail:
        """One execution with its steps.

        `GET /api/v1/executions/{id}`; role viewer.

        `id`: The execution's id.
        """
        return await self._send(get_execution(id))

    async def logs(
        self, id: str, *, after: int | None = None, limit: int | None = None
    ) -> t.ExecutionLogs:
        """What happened in an execution, line by line.

        `GET /api/v1/executions/{id}/logs`; role viewer.

        `id`: The execution's id.

        `after`: Only lines behind this number: the `next` of the answer before.

        `limit`: At most this many.
        """
        return await self._send(get_logs(id, after=after, limit=limit))

    def logs_all(
        self, id: str, *, page_size: int | None = None
    ) -> AsyncIterator[t.ExecutionLogLine]:
        """Every item of `logs`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return get_logs(id, limit=page_size, after=place)

        return async_walk(self._send, TokenCursor("next", "logs"), page)

    async def retry(self, id: str, *, idempotency_key: str | None = None) -> t.Retried:
        """Retry an execution: a new one that keeps the outputs of what succeeded.

        `POST /api/v1/executions/{id}/retry`; role operator.

        `id`: The execution's id.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(retry_execution(id, idempotency_key=idempotency_key))

    async def start(
        self,
        workflow: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start an execution of a workflow's latest applied version.

        `POST /api/v1/run/{workflow}`; role operator.

        `workflow`: The workflow's name.

        `inputs`: Values of declared inputs.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            run_workflow(workflow, inputs=inputs, idempotency_key=idempotency_key)
        )
