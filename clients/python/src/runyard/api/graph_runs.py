"""GraphRuns. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal

from runyard import types as t
from runyard._pages import EnvelopeCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def list_runs(
    *,
    workflow_id: str | None = None,
    status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[t.ListRunsAnswer]:
    """List runs, newest first."""
    return make(
        "GET",
        "/v1/runs",
        query={"workflowId": workflow_id, "status": status, "limit": limit, "offset": offset},
    )


def run_definition(
    *,
    definition: Mapping[str, Any] | str,
    payload: Mapping[str, Any] | None = None,
    prop_values: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    simulate: bool | None = None,
    dust_test: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[t.RunDefinitionAnswer]:
    """Start a run of a definition that belongs to no workflow."""
    return make(
        "POST",
        "/v1/runs",
        body=members(
            {"definition": definition},
            {
                "payload": payload,
                "propValues": prop_values,
                "runId": run_id,
                "simulate": simulate,
                "dustTest": dust_test,
            },
            needed=True,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def count_runs(*, workflow_id: str | None = None) -> Request[t.CountRunsAnswer]:
    """How many runs have each status."""
    return make(
        "GET",
        "/v1/runs/status-counts",
        query={"workflowId": workflow_id},
    )


def run_and_wait(
    *,
    definition: Mapping[str, Any] | str,
    payload: Mapping[str, Any] | None = None,
    prop_values: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    simulate: bool | None = None,
    dust_test: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[t.RunAndWaitAnswer]:
    """Run a definition and wait for its end."""
    return make(
        "POST",
        "/v1/runs/sync",
        body=members(
            {"definition": definition},
            {
                "payload": payload,
                "propValues": prop_values,
                "runId": run_id,
                "simulate": simulate,
                "dustTest": dust_test,
            },
            needed=True,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def get_run(
    id: str, *, summary: Literal["true", "false"] | None = None, node_ids: str | None = None
) -> Request[t.GetRunAnswer]:
    """One run with the state of its nodes."""
    return make(
        "GET",
        "/v1/runs/{id}",
        path={"id": id},
        query={"summary": summary, "nodeIds": node_ids},
    )


def cancel_run(id: str) -> Request[t.CancelRunAnswer]:
    """Cancel a running or waiting run."""
    return make(
        "POST",
        "/v1/runs/{id}/cancel",
        path={"id": id},
    )


def resume_node(
    id: str, node_id: str, *, payload: Any = None, secret: str | None = None
) -> Request[t.ResumeNodeAnswer]:
    """Resume a node that waits."""
    return make(
        "POST",
        "/v1/runs/{id}/nodes/{nodeId}/resume",
        path={"id": id, "nodeId": node_id},
        query={"secret": secret},
        body=members({}, {"payload": payload}, needed=False),
    )


def retry_run(id: str, *, idempotency_key: str | None = None) -> Request[t.RetryRunAnswer]:
    """Retry a run that failed or was cancelled: a new one that keeps what succeeded."""
    return make(
        "POST",
        "/v1/runs/{id}/retry",
        path={"id": id},
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def run_graph_workflow(
    id: str,
    *,
    payload: Mapping[str, Any] | None = None,
    prop_values: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    simulate: bool | None = None,
    dust_test: bool | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Request[t.RunGraphWorkflowAnswer]:
    """Start a run of a workflow."""
    return make(
        "POST",
        "/v1/workflows/{id}/run",
        path={"id": id},
        body=members(
            {},
            {
                "payload": payload,
                "propValues": prop_values,
                "runId": run_id,
                "simulate": simulate,
                "dustTest": dust_test,
                "version": version,
            },
            needed=False,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def list_runs_of_workflow(
    id: str,
    *,
    status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[t.ListRunsOfWorkflowAnswer]:
    """A workflow's runs, newest first."""
    return make(
        "GET",
        "/v1/workflows/{id}/runs",
        path={"id": id},
        query={"status": status, "limit": limit, "offset": offset},
    )


class GraphRuns:
    """Runs as S1 shows them, under `/v1`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(
        self,
        *,
        workflow_id: str | None = None,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListRunsAnswer:
        """List runs, newest first.

        `GET /v1/runs`; role viewer.

        `workflow_id`: Only runs of this workflow.

        `status`: Only runs with this status.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(
            list_runs(workflow_id=workflow_id, status=status, limit=limit, offset=offset)
        )

    def list_all(
        self,
        *,
        workflow_id: str | None = None,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        page_size: int | None = None,
    ) -> Iterator[t.GraphRunLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_runs(workflow_id=workflow_id, status=status, limit=page_size, offset=place)

        return walk(self._send, EnvelopeCursor(), page)

    def run_definition(
        self,
        *,
        definition: Mapping[str, Any] | str,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunDefinitionAnswer:
        """Start a run of a definition that belongs to no workflow.

        `POST /v1/runs`; role operator.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            run_definition(
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    def count(self, *, workflow_id: str | None = None) -> t.CountRunsAnswer:
        """How many runs have each status.

        `GET /v1/runs/status-counts`; role viewer.

        `workflow_id`: Only runs of this workflow.
        """
        return self._send(count_runs(workflow_id=workflow_id))

    def run_and_wait(
        self,
        *,
        definition: Mapping[str, Any] | str,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunAndWaitAnswer:
        """Run a definition and wait for its end.

        `POST /v1/runs/sync`; role operator.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            run_and_wait(
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    def get(
        self,
        id: str,
        *,
        summary: Literal["true", "false"] | None = None,
        node_ids: str | None = None,
    ) -> t.GetRunAnswer:
        """One run with the state of its nodes.

        `GET /v1/runs/{id}`; role viewer.

        `id`: The run's id.

        `summary`: Leave out `executionState` and `workflowDefinition`.

        `node_ids`: Only the state of these nodes: ids with commas between them.
        """
        return self._send(get_run(id, summary=summary, node_ids=node_ids))

    def cancel(self, id: str) -> t.CancelRunAnswer:
        """Cancel a running or waiting run.

        `POST /v1/runs/{id}/cancel`; role operator.

        `id`: The run's id.
        """
        return self._send(cancel_run(id))

    def resume_node(
        self, id: str, node_id: str, *, payload: Any = None, secret: str | None = None
    ) -> t.ResumeNodeAnswer:
        """Resume a node that waits.

        `POST /v1/runs/{id}/nodes/{nodeId}/resume`; role operator.

        `id`: The run's id.

        `node_id`: The node's id.

        `secret`: What the node's state has in `resume`.
        """
        return self._send(resume_node(id, node_id, payload=payload, secret=secret))

    def retry(self, id: str, *, idempotency_key: str | None = None) -> t.RetryRunAnswer:
        """Retry a run that failed or was cancelled: a new one that keeps what succeeded.

        `POST /v1/runs/{id}/retry`; role operator.

        `id`: The run's id.

        `idempotency_key`: Made where none is given.
        """
        return self._send(retry_run(id, idempotency_key=idempotency_key))

    def run_graph_workflow(
        self,
        id: str,
        *,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        version: int | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunGraphWorkflowAnswer:
        """Start a run of a workflow.

        `POST /v1/workflows/{id}/run`; role operator.

        `id`: The workflow's id.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            run_graph_workflow(
                id,
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                version=version,
                idempotency_key=idempotency_key,
            )
        )

    def list_of_workflow(
        self,
        id: str,
        *,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListRunsOfWorkflowAnswer:
        """A workflow's runs, newest first.

        `GET /v1/workflows/{id}/runs`; role viewer.

        `id`: The workflow's id.

        `status`: Only runs with this status.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_runs_of_workflow(id, status=status, limit=limit, offset=offset))

    def list_of_workflow_all(
        self,
        id: str,
        *,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        page_size: int | None = None,
    ) -> Iterator[t.GraphRunLine]:
        """Every item of `list_of_workflow`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_runs_of_workflow(id, status=status, limit=page_size, offset=place)

        return walk(self._send, EnvelopeCursor(), page)


class AsyncGraphRuns:
    """Runs as S1 shows them, under `/v1`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(
        self,
        *,
        workflow_id: str | None = None,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListRunsAnswer:
        """List runs, newest first.

        `GET /v1/runs`; role viewer.

        `workflow_id`: Only runs of this workflow.

        `status`: Only runs with this status.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(
            list_runs(workflow_id=workflow_id, status=status, limit=limit, offset=offset)
        )

    def list_all(
        self,
        *,
        workflow_id: str | None = None,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[t.GraphRunLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_runs(workflow_id=workflow_id, status=status, limit=page_size, offset=place)

        return async_walk(self._send, EnvelopeCursor(), page)

    async def run_definition(
        self,
        *,
        definition: Mapping[str, Any] | str,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunDefinitionAnswer:
        """Start a run of a definition that belongs to no workflow.

        `POST /v1/runs`; role operator.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            run_definition(
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    async def count(self, *, workflow_id: str | None = None) -> t.CountRunsAnswer:
        """How many runs have each status.

        `GET /v1/runs/status-counts`; role viewer.

        `workflow_id`: Only runs of this workflow.
        """
        return await self._send(count_runs(workflow_id=workflow_id))

    async def run_and_wait(
        self,
        *,
        definition: Mapping[str, Any] | str,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunAndWaitAnswer:
        """Run a definition and wait for its end.

        `POST /v1/runs/sync`; role operator.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            run_and_wait(
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    async def get(
        self,
        id: str,
        *,
        summary: Literal["true", "false"] | None = None,
        node_ids: str | None = None,
    ) -> t.GetRunAnswer:
        """One run with the state of its nodes.

        `GET /v1/runs/{id}`; role viewer.

        `id`: The run's id.

        `summary`: Leave out `executionState` and `workflowDefinition`.

        `node_ids`: Only the state of these nodes: ids with commas between them.
        """
        return await self._send(get_run(id, summary=summary, node_ids=node_ids))

    async def cancel(self, id: str) -> t.CancelRunAnswer:
        """Cancel a running or waiting run.

        `POST /v1/runs/{id}/cancel`; role operator.

        `id`: The run's id.
        """
        return await self._send(cancel_run(id))

    async def resume_node(
        self, id: str, node_id: str, *, payload: Any = None, secret: str | None = None
    ) -> t.ResumeNodeAnswer:
        """Resume a node that waits.

        `POST /v1/runs/{id}/nodes/{nodeId}/resume`; role operator.

        `id`: The run's id.

        `node_id`: The node's id.

        `secret`: What the node's state has in `resume`.
        """
        return await self._send(resume_node(id, node_id, payload=payload, secret=secret))

    async def retry(self, id: str, *, idempotency_key: str | None = None) -> t.RetryRunAnswer:
        """Retry a run that failed or was cancelled: a new one that keeps what succeeded.

        `POST /v1/runs/{id}/retry`; role operator.

        `id`: The run's id.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(retry_run(id, idempotency_key=idempotency_key))

    async def run_graph_workflow(
        self,
        id: str,
        *,
        payload: Mapping[str, Any] | None = None,
        prop_values: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        simulate: bool | None = None,
        dust_test: bool | None = None,
        version: int | None = None,
        idempotency_key: str | None = None,
    ) -> t.RunGraphWorkflowAnswer:
        """Start a run of a workflow.

        `POST /v1/workflows/{id}/run`; role operator.

        `id`: The workflow's id.

        `payload`: The trigger's body; checked by `inputSchema`.

        `prop_values`: `{{$props.k}}`.

        `run_id`: The run's id, chosen by the client: the same one with the same body is one
        run.

        `simulate`: Nothing leaves the system.

        `dust_test`: Amounts are the smallest unit.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            run_graph_workflow(
                id,
                payload=payload,
                prop_values=prop_values,
                run_id=run_id,
                simulate=simulate,
                dust_test=dust_test,
                version=version,
                idempotency_key=idempotency_key,
            )
        )

    async def list_of_workflow(
        self,
        id: str,
        *,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListRunsOfWorkflowAnswer:
        """A workflow's runs, newest first.

        `GET /v1/workflows/{id}/runs`; role viewer.

        `id`: The workflow's id.

        `status`: Only runs with this status.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(
            list_runs_of_workflow(id, status=status, limit=limit, offset=offset)
        )

    def list_of_workflow_all(
        self,
        id: str,
        *,
        status: Literal["running", "waiting", "success", "failure", "cancelled"] | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[t.GraphRunLine]:
        """Every item of `list_of_workflow`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_runs_of_workflow(id, status=status, limit=page_size, offset=place)

        return async_walk(self._send, EnvelopeCursor(), page)
