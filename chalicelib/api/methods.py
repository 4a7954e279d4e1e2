"""S0: models, and runs of their methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from chalice.app import Response
from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Routes
from chalicelib.core.errors import Invalid, NotFound, Problem
from chalicelib.core.roles import Role
from chalicelib.services import services

if TYPE_CHECKING:
    from chalicelib.core.methods.model import Model

routes = Routes(__name__, tag="models")


class ModelContent(ApiModel):
    """What a model is; `name` repeats the path's, where it is given."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str | None = None
    type: str = Field(description="A family of actions, e.g. `http`; its actions are the methods.")
    globalArguments: dict[str, Any] = Field(  # noqa: N815 - S0's word
        default_factory=dict, description="Parameters of all its methods that take them."
    )
    description: str = Field(default="", max_length=1000)


class ModelDetail(ApiModel):
    name: str
    type: str
    globalArguments: dict[str, Any]  # noqa: N815 - S0's word
    description: str
    version: int
    methods: list[str]
    updated_at: str


class ModelList(ApiModel):
    models: list[ModelDetail]


class DeletedModel(ApiModel):
    name: str
    status: Literal["deleted"] = "deleted"


class MethodRequest(ApiModel):
    """The optional body of a method's run."""

    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, Any] = Field(
        default_factory=dict,
        description="The method's parameters, over the model's global arguments.",
    )


class MethodRun(ApiModel):
    execution_id: str
    model: str
    method: str


@routes.declare(
    "PUT",
    "/api/v1/models/{name}",
    role=Role.OPERATOR,
    summary="Apply a model: unchanged content makes no new version",
    body=ModelContent,
    answer=ModelDetail,
    also=(201,),
    errors=(400, 409, 413, 415, 422, 429, 501),
)
def apply_model(request: ApiRequest, name: str) -> Response:
    """201 for a new version, 200 for unchanged content."""
    body = request.read(ModelContent)
    if body.name not in (None, name):
        what = f"is {body.name!r}, but the path says {name!r}"
        raise Invalid("the body names another model", [Problem("name", what)])
    model, status = services().model_applier.apply(
        request.caller.org,
        name,
        model_type=body.type,
        arguments=body.globalArguments,
        description=body.description,
        principal=request.caller.name,
    )
    return Response(
        body=_detail(model).model_dump_json(),
        status_code=200 if status == "unchanged" else 201,
        headers={"Content-Type": "application/json"},
    )


@routes.declare(
    "GET",
    "/api/v1/models",
    role=Role.VIEWER,
    summary="List models by name",
    answer=ModelList,
)
def list_models(request: ApiRequest) -> ModelList:
    return ModelList(models=[_detail(model) for model in services().models.all(request.caller.org)])


@routes.declare(
    "GET",
    "/api/v1/models/{name}",
    role=Role.VIEWER,
    summary="One model with its methods",
    answer=ModelDetail,
    errors=(404,),
)
def get_model(request: ApiRequest, name: str) -> ModelDetail:
    found = services().models.get(request.caller.org, name)
    if found is None or found.deleted:
        raise NotFound(f"model {name[:64]!r} not found")
    return _detail(found)


@routes.declare(
    "DELETE",
    "/api/v1/models/{name}",
    role=Role.OPERATOR,
    summary="Delete a model; its runs stay as they are",
    answer=DeletedModel,
    errors=(404,),
)
def delete_model(request: ApiRequest, name: str) -> DeletedModel:
    services().model_applier.delete(request.caller.org, name)
    return DeletedModel(name=name)


@routes.declare(
    "POST",
    "/api/v1/models/{name}/methods/{method}/run",
    role=Role.OPERATOR,
    summary="Start a run of one method of a model",
    status=202,
    body=MethodRequest,
    body_required=False,
    answer=MethodRun,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 404, 413, 415, 422, 501),
)
def run_method(request: ApiRequest, name: str, method: str) -> Response:
    """Answers at once; the run goes on. With an `Idempotency-Key` a repeated request is one run."""
    body = request.read(MethodRequest, required=False)
    started = services().method_starter.start(
        request.caller.org,
        name,
        method,
        inputs=body.inputs,
        trigger={"type": "api"},
        principal=request.caller.name,
        idempotency_key=request.idempotency_key,
    )
    answer = MethodRun(execution_id=started.run.id, model=name, method=method)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if started.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body=answer.model_dump_json(), status_code=202, headers=headers)


def _detail(model: Model) -> ModelDetail:
    return ModelDetail(
        name=model.name,
        type=model.type,
        globalArguments=dict(model.global_arguments),
        description=model.description,
        version=model.version,
        methods=list(model.methods),
        updated_at=model.updated_at,
    )
