"""Models. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_models() -> Request[t.ModelList]:
    """List models by name."""
    return make(
        "GET",
        "/api/v1/models",
    )


def delete_model(name: str) -> Request[t.DeletedModel]:
    """Delete a model; its runs stay as they are."""
    return make(
        "DELETE",
        "/api/v1/models/{name}",
        path={"name": name},
    )


def get_model(name: str) -> Request[t.ModelDetail]:
    """One model with its methods."""
    return make(
        "GET",
        "/api/v1/models/{name}",
        path={"name": name},
    )


def apply_model(
    name: str,
    *,
    type: str,
    global_arguments: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> Request[t.ModelDetail]:
    """Apply a model: unchanged content makes no new version."""
    return make(
        "PUT",
        "/api/v1/models/{name}",
        path={"name": name},
        body=members(
            {"type": type},
            {"globalArguments": global_arguments, "description": description},
            needed=True,
        ),
    )


def run_method(
    name: str,
    method: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.MethodRun]:
    """Start a run of one method of a model."""
    return make(
        "POST",
        "/api/v1/models/{name}/methods/{method}/run",
        path={"name": name, "method": method},
        body=members({}, {"inputs": inputs}, needed=False),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


class Models:
    """Models and runs of their methods (S0)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self) -> t.ModelList:
        """List models by name.

        `GET /api/v1/models`; role viewer.
        """
        return self._send(list_models())

    def delete(self, name: str) -> t.DeletedModel:
        """Delete a model; its runs stay as they are.

        `DELETE /api/v1/models/{name}`; role operator.

        `name`: The model's name.
        """
        return self._send(delete_model(name))

    def get(self, name: str) -> t.ModelDetail:
        """One model with its methods.

        `GET /api/v1/models/{name}`; role viewer.

        `name`: The model's name.
        """
        return self._send(get_model(name))

    def apply(
        self,
        name: str,
        *,
        type: str,
        global_arguments: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> t.ModelDetail:
        """Apply a model: unchanged content makes no new version.

        `PUT /api/v1/models/{name}`; role operator.

        `name`: The model's name.

        `type`: A family of actions, e.g. `http`; its actions are the methods.

        `global_arguments`: Parameters of all its methods that take them.
        """
        return self._send(
            apply_model(name, type=type, global_arguments=global_arguments, description=description)
        )

    def run(
        self,
        name: str,
        method: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> t.MethodRun:
        """Start a run of one method of a model.

        `POST /api/v1/models/{name}/methods/{method}/run`; role operator.

        `name`: The model's name.

        `method`: A method of it.

        `inputs`: The method's parameters, over the model's global arguments.

        `idempotency_key`: Made where none is given.
        """
        return self._send(run_method(name, method, inputs=inputs, idempotency_key=idempotency_key))


class AsyncModels:
    """Models and runs of their methods (S0)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self) -> t.ModelList:
        """List models by name.

        `GET /api/v1/models`; role viewer.
        """
        return await self._send(list_models())

    async def delete(self, name: str) -> t.DeletedModel:
        """Delete a model; its runs stay as they are.

        `DELETE /api/v1/models/{name}`; role operator.

        `name`: The model's name.
        """
        return await self._send(delete_model(name))

    async def get(self, name: str) -> t.ModelDetail:
        """One model with its methods.

        `GET /api/v1/models/{name}`; role viewer.

        `name`: The model's name.
        """
        return await self._send(get_model(name))

    async def apply(
        self,
        name: str,
        *,
        type: str,
        global_arguments: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> t.ModelDetail:
        """Apply a model: unchanged content makes no new version.

        `PUT /api/v1/models/{name}`; role operator.

        `name`: The model's name.

        `type`: A family of actions, e.g. `http`; its actions are the methods.

        `global_arguments`: Parameters of all its methods that take them.
        """
        return await self._send(
            apply_model(name, type=type, global_arguments=global_arguments, description=description)
        )

    async def run(
        self,
        name: str,
        method: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> t.MethodRun:
        """Start a run of one method of a model.

        `POST /api/v1/models/{name}/methods/{method}/run`; role operator.

        `name`: The model's name.

        `method`: A method of it.

        `inputs`: The method's parameters, over the model's global arguments.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            run_method(name, method, inputs=inputs, idempotency_key=idempotency_key)
        )
