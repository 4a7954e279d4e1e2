"""GraphWorkflows. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal

from runyard import types as t
from runyard._pages import EnvelopeCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def list_actions(
    *, limit: int | None = None, offset: int | None = None
) -> Request[t.ListActionsAnswer]:
    """What a node can be."""
    return make(
        "GET",
        "/v1/actions",
        query={"limit": limit, "offset": offset},
    )


def list_graph_workflows(
    *,
    status: Literal["draft", "published", "paused", "archived"] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[t.ListGraphWorkflowsAnswer]:
    """List workflows, newest first."""
    return make(
        "GET",
        "/v1/workflows",
        query={"status": status, "limit": limit, "offset": offset},
    )


def create_graph_workflow(
    *,
    name: str,
    definition: Mapping[str, Any] | str,
    description: str | None = None,
    idempotency_key: str | None = None,
) -> Request[t.CreateGraphWorkflowAnswer]:
    """Create a workflow with a first draft."""
    return make(
        "POST",
        "/v1/workflows",
        body=members(
            {"name": name, "definition": definition}, {"description": description}, needed=True
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def validate_graph_workflow(
    *, definition: Any, name: str | None = None
) -> Request[t.ValidateGraphWorkflowAnswer]:
    """What is wrong with a definition; nothing is stored."""
    return make(
        "POST",
        "/v1/workflows/validate",
        body=members({"definition": definition}, {"name": name}, needed=True),
    )


def archive_graph_workflow(id: str) -> Request[t.ArchiveGraphWorkflowAnswer]:
    """Archive a workflow: no new runs; it stays readable."""
    return make(
        "DELETE",
        "/v1/workflows/{id}",
        path={"id": id},
    )


def get_graph_workflow(id: str) -> Request[t.GetGraphWorkflowAnswer]:
    """One workflow with its newest definition."""
    return make(
        "GET",
        "/v1/workflows/{id}",
        path={"id": id},
    )


def change_graph_workflow(
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    definition: Mapping[str, Any] | str | None = None,
    expected_version: int | None = None,
) -> Request[t.ChangeGraphWorkflowAnswer]:
    """Change a workflow: identical content makes no new version."""
    return make(
        "PUT",
        "/v1/workflows/{id}",
        path={"id": id},
        body=members(
            {},
            {
                "name": name,
                "description": description,
                "definition": definition,
                "expectedVersion": expected_version,
            },
            needed=True,
        ),
    )


def pause_graph_workflow(
    id: str, *, reason: str | None = None
) -> Request[t.PauseGraphWorkflowAnswer]:
    """Pause a workflow: no new runs until it is resumed."""
    return make(
        "POST",
        "/v1/workflows/{id}/pause",
        path={"id": id},
        body=members({}, {"reason": reason}, needed=False),
    )


def publish_graph_workflow(
    id: str, *, expected_version: int | None = None
) -> Request[t.PublishGraphWorkflowAnswer]:
    """Publish the newest version: its trigger starts runs."""
    return make(
        "POST",
        "/v1/workflows/{id}/publish",
        path={"id": id},
        body=members({}, {"expectedVersion": expected_version}, needed=False),
    )


def resume_graph_workflow(id: str) -> Request[t.ResumeGraphWorkflowAnswer]:
    """End a workflow's pause."""
    return make(
        "POST",
        "/v1/workflows/{id}/resume",
        path={"id": id},
    )


def roll_back_graph_workflow(
    id: str, *, target_version: int
) -> Request[t.RollBackGraphWorkflowAnswer]:
    """Make an earlier version's content the newest version, a draft."""
    return make(
        "POST",
        "/v1/workflows/{id}/rollback",
        path={"id": id},
        body=members({"targetVersion": target_version}, {}, needed=True),
    )


def list_graph_versions(
    id: str, *, limit: int | None = None, offset: int | None = None
) -> Request[t.ListGraphVersionsAnswer]:
    """A workflow's versions, newest first."""
    return make(
        "GET",
        "/v1/workflows/{id}/versions",
        path={"id": id},
        query={"limit": limit, "offset": offset},
    )


def get_graph_version(id: str, n: str) -> Request[t.GetGraphVersionAnswer]:
    """One version of a workflow."""
    return make(
        "GET",
        "/v1/workflows/{id}/versions/{n}",
        path={"id": id, "n": n},
    )


class GraphWorkflows:
    """Node graphs: draft, publish, pause, roll back, archive (S1)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list_actions(
        self, *, limit: int | None = None, offset: int | None = None
    ) -> t.ListActionsAnswer:
        """What a node can be.

        `GET /v1/actions`; role viewer.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_actions(limit=limit, offset=offset))

    def list_actions_all(self, *, page_size: int | None = None) -> Iterator[t.ActionLine]:
        """Every item of `list_actions`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_actions(limit=page_size, offset=place)

        return walk(self._send, EnvelopeCursor(), page)

    def list(
        self,
        *,
        status: Literal["draft", "published", "paused", "archived"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListGraphWorkflowsAnswer:
        """List workflows, newest first.

        `GET /v1/workflows`; role viewer.

        `status`: Only workflows like that.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_graph_workflows(status=status, limit=limit, offset=offset))

    def list_all(
        self,
        *,
        status: Literal["draft", "published", "paused", "archived"] | None = None,
        page_size: int | None = None,
    ) -> Iterator[t.GraphWorkflowLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_graph_workflows(status=status, limit=page_size, offset=place)

        return walk(self._send, EnvelopeCursor(), page)

    def create(
        self,
        *,
        name: str,
        definition: Mapping[str, Any] | str,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreateGraphWorkflowAnswer:
        """Create a workflow with a first draft.

        `POST /v1/workflows`; role operator.

        `definition`: `nodes`, of which `root` is the trigger, and `inputSchema`.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            create_graph_workflow(
                name=name,
                description=description,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    def validate(
        self, *, definition: Any, name: str | None = None
    ) -> t.ValidateGraphWorkflowAnswer:
        """What is wrong with a definition; nothing is stored.

        `POST /v1/workflows/validate`; role viewer.

        `definition`: Whatever it is, its problems are told.
        """
        return self._send(validate_graph_workflow(definition=definition, name=name))

    def archive(self, id: str) -> t.ArchiveGraphWorkflowAnswer:
        """Archive a workflow: no new runs; it stays readable.

        `DELETE /v1/workflows/{id}`; role operator.

        `id`: The workflow's id.
        """
        return self._send(archive_graph_workflow(id))

    def get(self, id: str) -> t.GetGraphWorkflowAnswer:
        """One workflow with its newest definition.

        `GET /v1/workflows/{id}`; role viewer.

        `id`: The workflow's id.
        """
        return self._send(get_graph_workflow(id))

    def change(
        self,
        id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        definition: Mapping[str, Any] | str | None = None,
        expected_version: int | None = None,
    ) -> t.ChangeGraphWorkflowAnswer:
        """Change a workflow: identical content makes no new version.

        `PUT /v1/workflows/{id}`; role operator.

        `id`: The workflow's id.

        `expected_version`: Refuse unless this is the newest version.
        """
        return self._send(
            change_graph_workflow(
                id,
                name=name,
                description=description,
                definition=definition,
                expected_version=expected_version,
            )
        )

    def pause(self, id: str, *, reason: str | None = None) -> t.PauseGraphWorkflowAnswer:
        """Pause a workflow: no new runs until it is resumed.

        `POST /v1/workflows/{id}/pause`; role operator.

        `id`: The workflow's id.
        """
        return self._send(pause_graph_workflow(id, reason=reason))

    def publish(
        self, id: str, *, expected_version: int | None = None
    ) -> t.PublishGraphWorkflowAnswer:
        """Publish the newest version: its trigger starts runs.

        `POST /v1/workflows/{id}/publish`; role operator.

        `id`: The workflow's id.

        `expected_version`: Refuse unless this is the newest version.
        """
        return self._send(publish_graph_workflow(id, expected_version=expected_version))

    def resume(self, id: str) -> t.ResumeGraphWorkflowAnswer:
        """End a workflow's pause.

        `POST /v1/workflows/{id}/resume`; role operator.

        `id`: The workflow's id.
        """
        return self._send(resume_graph_workflow(id))

    def roll_back(self, id: str, *, target_version: int) -> t.RollBackGraphWorkflowAnswer:
        """Make an earlier version's content the newest version, a draft.

        `POST /v1/workflows/{id}/rollback`; role operator.

        `id`: The workflow's id.

        `target_version`: The version whose content comes back.
        """
        return self._send(roll_back_graph_workflow(id, target_version=target_version))

    def list_versions(
        self, id: str, *, limit: int | None = None, offset: int | None = None
    ) -> t.ListGraphVersionsAnswer:
        """A workflow's versions, newest first.

        `GET /v1/workflows/{id}/versions`; role viewer.

        `id`: The workflow's id.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_graph_versions(id, limit=limit, offset=offset))

    def list_versions_all(
        self, id: str, *, page_size: int | None = None
    ) -> Iterator[t.GraphVersionLine]:
        """Every item of `list_versions`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_graph_versions(id, limit=page_size, offset=place)

        return walk(self._send, EnvelopeCursor(), page)

    def get_version(self, id: str, n: str) -> t.GetGraphVersionAnswer:
        """One version of a workflow.

        `GET /v1/workflows/{id}/versions/{n}`; role viewer.

        `id`: The workflow's id.

        `n`: Its number.
        """
        return self._send(get_graph_version(id, n))


class AsyncGraphWorkflows:
    """Node graphs: draft, publish, pause, roll back, archive (S1)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list_actions(
        self, *, limit: int | None = None, offset: int | None = None
    ) -> t.ListActionsAnswer:
        """What a node can be.

        `GET /v1/actions`; role viewer.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(list_actions(limit=limit, offset=offset))

    def list_actions_all(self, *, page_size: int | None = None) -> AsyncIterator[t.ActionLine]:
        """Every item of `list_actions`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_actions(limit=page_size, offset=place)

        return async_walk(self._send, EnvelopeCursor(), page)

    async def list(
        self,
        *,
        status: Literal["draft", "published", "paused", "archived"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> t.ListGraphWorkflowsAnswer:
        """List workflows, newest first.

        `GET /v1/workflows`; role viewer.

        `status`: Only workflows like that.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(list_graph_workflows(status=status, limit=limit, offset=offset))

    def list_all(
        self,
        *,
        status: Literal["draft", "published", "paused", "archived"] | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[t.GraphWorkflowLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_graph_workflows(status=status, limit=page_size, offset=place)

        return async_walk(self._send, EnvelopeCursor(), page)

    async def create(
        self,
        *,
        name: str,
        definition: Mapping[str, Any] | str,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreateGraphWorkflowAnswer:
        """Create a workflow with a first draft.

        `POST /v1/workflows`; role operator.

        `definition`: `nodes`, of which `root` is the trigger, and `inputSchema`.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            create_graph_workflow(
                name=name,
                description=description,
                definition=definition,
                idempotency_key=idempotency_key,
            )
        )

    async def validate(
        self, *, definition: Any, name: str | None = None
    ) -> t.ValidateGraphWorkflowAnswer:
        """What is wrong with a definition; nothing is stored.

        `POST /v1/workflows/validate`; role viewer.

        `definition`: Whatever it is, its problems are told.
        """
        return await self._send(validate_graph_workflow(definition=definition, name=name))

    async def archive(self, id: str) -> t.ArchiveGraphWorkflowAnswer:
        """Archive a workflow: no new runs; it stays readable.

        `DELETE /v1/workflows/{id}`; role operator.

        `id`: The workflow's id.
        """
        return await self._send(archive_graph_workflow(id))

    async def get(self, id: str) -> t.GetGraphWorkflowAnswer:
        """One workflow with its newest definition.

        `GET /v1/workflows/{id}`; role viewer.

        `id`: The workflow's id.
        """
        return await self._send(get_graph_workflow(id))

    async def change(
        self,
        id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        definition: Mapping[str, Any] | str | None = None,
        expected_version: int | None = None,
    ) -> t.ChangeGraphWorkflowAnswer:
        """Change a workflow: identical content makes no new version.

        `PUT /v1/workflows/{id}`; role operator.

        `id`: The workflow's id.

        `expected_version`: Refuse unless this is the newest version.
        """
        return await self._send(
            change_graph_workflow(
                id,
                name=name,
                description=description,
                definition=definition,
                expected_version=expected_version,
            )
        )

    async def pause(self, id: str, *, reason: str | None = None) -> t.PauseGraphWorkflowAnswer:
        """Pause a workflow: no new runs until it is resumed.

        `POST /v1/workflows/{id}/pause`; role operator.

        `id`: The workflow's id.
        """
        return await self._send(pause_graph_workflow(id, reason=reason))

    async def publish(
        self, id: str, *, expected_version: int | None = None
    ) -> t.PublishGraphWorkflowAnswer:
        """Publish the newest version: its trigger starts runs.

        `POST /v1/workflows/{id}/publish`; role operator.

        `id`: The workflow's id.

        `expected_version`: Refuse unless this is the newest version.
        """
        return await self._send(publish_graph_workflow(id, expected_version=expected_version))

    async def resume(self, id: str) -> t.ResumeGraphWorkflowAnswer:
        """End a workflow's pause.

        `POST /v1/workflows/{id}/resume`; role operator.

        `id`: The workflow's id.
        """
        return await self._send(resume_graph_workflow(id))

    async def roll_back(self, id: str, *, target_version: int) -> t.RollBackGraphWorkflowAnswer:
        """Make an earlier version's content the newest version, a draft.

        `POST /v1/workflows/{id}/rollback`; role operator.

        `id`: The workflow's id.

        `target_version`: The version whose content comes back.
        """
        return await self._send(roll_back_graph_workflow(id, target_version=target_version))

    async def list_versions(
        self, id: str, *, limit: int | None = None, offset: int | None = None
    ) -> t.ListGraphVersionsAnswer:
        """A workflow's versions, newest first.

        `GET /v1/workflows/{id}/versions`; role viewer.

        `id`: The workflow's id.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(list_graph_versions(id, limit=limit, offset=offset))

    def list_versions_all(
        self, id: str, *, page_size: int | None = None
    ) -> AsyncIterator[t.GraphVersionLine]:
        """Every item of `list_versions`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_graph_versions(id, limit=page_size, offset=place)

        return async_walk(self._send, EnvelopeCursor(), page)

    async def get_version(self, id: str, n: str) -> t.GetGraphVersionAnswer:
        """One version of a workflow.

        `GET /v1/workflows/{id}/versions/{n}`; role viewer.

        `id`: The workflow's id.

        `n`: Its number.
        """
        return await self._send(get_graph_version(id, n))
