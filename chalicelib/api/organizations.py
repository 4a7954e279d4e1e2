"""S4: organisations, made by admins of the one that was bootstrapped first."""

from __future__ import annotations

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.creations import Keep, once
from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Routes
from chalicelib.core.errors import PermissionDenied
from chalicelib.core.identity.users import ADDRESS, User, normal
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="organizations")


class NewOrganization(ApiModel):
    """Its name, which is in its id, and its first admin."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")
    admin_email: str = Field(pattern=ADDRESS.pattern, max_length=254)
    admin_password: str = Field(min_length=8, max_length=1024)


class CreatedOrganization(ApiModel):
    """`admin_id` is the user's id."""

    id: str
    name: str
    admin_id: str
    admin_email: str
    created_at: str


@routes.declare(
    "POST",
    "/api/v1/organizations",
    role=Role.ADMIN,
    summary="Create an organisation and its admin",
    status=201,
    answer=CreatedOrganization,
    body=NewOrganization,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 409, 413, 415, 422),
)
def create_organization(request: ApiRequest) -> BaseModel | Response:
    """For admins of the organisation that was bootstrapped first. They see nothing of the new one."""
    from chalicelib.core.clock import rfc3339
    from chalicelib.core.identity.passwords import hashed
    from chalicelib.core.ids import new_id

    found = services()
    of_the_first_organisation(request)
    given = request.read(NewOrganization)

    def create(keep: Keep) -> CreatedOrganization:
        now = found.clock()
        user = User(
            id=new_id("user", now),
            email=normal(given.admin_email),
            org=f"org_{given.name}",
            role=Role.ADMIN,
            password_hash=hashed(given.admin_password),
            created_at=rfc3339(now),
        )
        answer = CreatedOrganization(
            id=user.org,
            name=given.name,
            admin_id=user.id,
            admin_email=user.email,
            created_at=user.created_at,
        )
        kept = keep(answer, user.password_hash)
        found.identity.orgs.create_with(user, given.name, *kept)
        return answer

    return once(request, given, create, hidden="admin_password")


def of_the_first_organisation(request: ApiRequest) -> None:
    """For what is about the whole stage. Raises PermissionDenied for the admin of another one."""
    if services().identity.orgs.first() != request.caller.org:
        raise PermissionDenied(
            "this needs an admin of the organisation that was bootstrapped first",
            rule_source="organization",
        )
