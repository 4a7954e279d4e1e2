"""Workflows. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from typing import Literal

from runyard import types as t
from runyard._request import (
    AsyncSend,
    Definition,
    Request,
    Send,
    make,
    media_of_definition,
    members,
)


def list_workflows() -> Request[t.WorkflowList]:
    """List workflows by name."""
    return make(
        "GET",
        "/api/v1/workflows",
    )


def archive_workflow(name: str) -> Request[t.ArchivedWorkflow]:
    """Archive a workflow: no new runs, until it is applied again."""
    return make(
        "DELETE",
        "/api/v1/workflows/{name}",
        path={"name": name},
    )


def get_workflow(name: str) -> Request[t.WorkflowDetail]:
    """A workflow's latest version."""
    return make(
        "GET",
        "/api/v1/workflows/{name}",
        path={"name": name},
    )


def apply_workflow(name: str, definition: Definition) -> Request[t.AppliedWorkflow]:
    """Apply a workflow: unchanged content makes no new version."""
    return make(
        "PUT",
        "/api/v1/workflows/{name}",
        path={"name": name},
        body=definition,
        media=media_of_definition(definition),
    )


def plan_workflow(
    name: str, definition: Definition, *, show: Literal["asl", "mermaid"] | None = None
) -> Request[t.PlannedWorkflow]:
    """What applying a definition would change; nothing is stored."""
    return make(
        "POST",
        "/api/v1/workflows/{name}/plan",
        path={"name": name},
        query={"show": show},
        body=definition,
        media=media_of_definition(definition),
    )


def roll_back(name: str, *, to_version: int) -> Request[t.AppliedWorkflow]:
    """Make an earlier version's content the newest version."""
    return make(
        "POST",
        "/api/v1/workflows/{name}/rollback",
        path={"name": name},
        body=members({"to_version": to_version}, {}, needed=True),
    )


def list_versions(name: str) -> Request[t.VersionList]:
    """A workflow's versions, newest first."""
    return make(
        "GET",
        "/api/v1/workflows/{name}/versions",
        path={"name": name},
    )


def get_version(name: str, n: str) -> Request[t.WorkflowDetail]:
    """One version of a workflow."""
    return make(
        "GET",
        "/api/v1/workflows/{name}/versions/{n}",
        path={"name": name, "n": n},
    )


class Workflows:
    """Definitions: apply, plan, roll back, archive, read."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self) -> t.WorkflowList:
        """List workflows by name.

        `GET /api/v1/workflows`; role viewer.
        """
        return self._send(list_workflows())

    def archive(self, name: str) -> t.ArchivedWorkflow:
        """Archive a workflow: no new runs, until it is applied again.

        `DELETE /api/v1/workflows/{name}`; role operator.

        `name`: The workflow's name.
        """
        return self._send(archive_workflow(name))

    def get(self, name: str) -> t.WorkflowDetail:
        """A workflow's latest version.

        `GET /api/v1/workflows/{name}`; role viewer.

        `name`: The workflow's name.
        """
        return self._send(get_workflow(name))

    def apply(self, name: str, definition: Definition) -> t.AppliedWorkflow:
        """Apply a workflow: unchanged content makes no new version.

        `PUT /api/v1/workflows/{name}`; role operator.

        `name`: The workflow's name.

        `definition`: Data, or YAML text.
        """
        return self._send(apply_workflow(name, definition))

    def plan(
        self, name: str, definition: Definition, *, show: Literal["asl", "mermaid"] | None = None
    ) -> t.PlannedWorkflow:
        """What applying a definition would change; nothing is stored.

        `POST /api/v1/workflows/{name}/plan`; role viewer.

        `name`: The workflow's name.

        `definition`: Data, or YAML text.

        `show`: Also answer the state machine (asl), or a picture of the graph (mermaid).
        """
        return self._send(plan_workflow(name, definition, show=show))

    def roll_back(self, name: str, *, to_version: int) -> t.AppliedWorkflow:
        """Make an earlier version's content the newest version.

        `POST /api/v1/workflows/{name}/rollback`; role operator.

        `name`: The workflow's name.

        `to_version`: The version whose content comes back.
        """
        return self._send(roll_back(name, to_version=to_version))

    def list_versions(self, name: str) -> t.VersionList:
        """A workflow's versions, newest first.

        `GET /api/v1/workflows/{name}/versions`; role viewer.

        `name`: The workflow's name.
        """
        return self._send(list_versions(name))

    def get_version(self, name: str, n: str) -> t.WorkflowDetail:
        """One version of a workflow.

        `GET /api/v1/workflows/{name}/versions/{n}`; role viewer.

        `name`: The workflow's name.

        `n`: Its number.
        """
        return self._send(get_version(name, n))


class AsyncWorkflows:
    """Definitions: apply, plan, roll back, archive, read."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self) -> t.WorkflowList:
        """List workflows by name.

        `GET /api/v1/workflows`; role viewer.
        """
        return await self._send(list_workflows())

    async def archive(self, name: str) -> t.ArchivedWorkflow:
        """Archive a workflow: no new runs, until it is applied again.

        `DELETE /api/v1/workflows/{name}`; role operator.

        `name`: The workflow's name.
        """
        return await self._send(archive_workflow(name))

    async def get(self, name: str) -> t.WorkflowDetail:
        """A workflow's latest version.

        `GET /api/v1/workflows/{name}`; role viewer.

        `name`: The workflow's name.
        """
        return await self._send(get_workflow(name))

    async def apply(self, name: str, definition: Definition) -> t.AppliedWorkflow:
        """Apply a workflow: unchanged content makes no new version.

        `PUT /api/v1/workflows/{name}`; role operator.

        `name`: The workflow's name.

        `definition`: Data, or YAML text.
        """
        return await self._send(apply_workflow(name, definition))

    async def plan(
        self, name: str, definition: Definition, *, show: Literal["asl", "mermaid"] | None = None
    ) -> t.PlannedWorkflow:
        """What applying a definition would change; nothing is stored.

        `POST /api/v1/workflows/{name}/plan`; role viewer.

        `name`: The workflow's name.

        `definition`: Data, or YAML text.

        `show`: Also answer the state machine (asl), or a picture of the graph (mermaid).
        """
        return await self._send(plan_workflow(name, definition, show=show))

    async def roll_back(self, name: str, *, to_version: int) -> t.AppliedWorkflow:
        """Make an earlier version's content the newest version.

        `POST /api/v1/workflows/{name}/rollback`; role operator.

        `name`: The workflow's name.

        `to_version`: The version whose content comes back.
        """
        return await self._send(roll_back(name, to_version=to_version))

    async def list_versions(self, name: str) -> t.VersionList:
        """A workflow's versions, newest first.

        `GET /api/v1/workflows/{name}/versions`; role viewer.

        `name`: The workflow's name.
        """
        return await self._send(list_versions(name))

    async def get_version(self, name: str, n: str) -> t.WorkflowDetail:
        """One version of a workflow.

        `GET /api/v1/workflows/{name}/versions/{n}`; role viewer.

        `name`: The workflow's name.

        `n`: Its number.
        """
        return await self._send(get_version(name, n))
