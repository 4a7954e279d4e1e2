"""S4: users, managed by admins of their organisation."""

from __future__ import annotations

from typing import Literal

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.creations import Keep, once
from chalicelib.api.models import ApiModel
from chalicelib.api.offset_pages import PARAMETERS, page_of
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Routes
from chalicelib.core.errors import NotFound
from chalicelib.core.identity.users import ADDRESS, User, normal
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="users")

Word = Literal["viewer", "operator", "admin"]


class NewUser(ApiModel):
    """Someone who signs in with an address, which is one user's of the stage."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    email: str = Field(pattern=ADDRESS.pattern, max_length=254)
    password: str = Field(min_length=8, max_length=1024)
    role: Word


class ChangedUser(ApiModel):
    """What is to be another; what is absent or null stays. Where all stays, no login ends."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    role: Word | None = None
    disabled: bool | None = None
    password: str | None = Field(default=None, min_length=8, max_length=1024)


class UserLine(ApiModel):
    id: str
    email: str
    role: str
    org: str
    disabled: bool
    created_at: str


class CreatedUser(ApiModel):
    id: str
    email: str
    role: str
    org: str
    created_at: str


class UserPage(ApiModel):
    items: list[UserLine]
    total: int
    limit: int
    offset: int


@routes.declare(
    "POST",
    "/api/v1/users",
    role=Role.ADMIN,
    summary="Create a user",
    status=201,
    answer=CreatedUser,
    body=NewUser,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 409, 413, 415, 422),
)
def create_user(request: ApiRequest) -> BaseModel | Response:
    """The user is one of the caller's organisation."""
    from chalicelib.core.clock import rfc3339
    from chalicelib.core.identity.passwords import hashed
    from chalicelib.core.ids import new_id

    given = request.read(NewUser)

    def create(keep: Keep) -> CreatedUser:
        now = services().clock()
        user = User(
            id=new_id("user", now),
            email=normal(given.email),
            org=request.caller.org,
            role=Role.named(given.role),
            password_hash=hashed(given.password),
            created_at=rfc3339(now),
        )
        answer = CreatedUser(
            id=user.id,
            email=user.email,
            role=user.role.word,
            org=user.org,
            created_at=user.created_at,
        )
        services().identity.users.create(user, *keep(answer, user.password_hash))
        return answer

    return once(request, given, create, hidden="password")


@routes.declare(
    "GET",
    "/api/v1/users",
    role=Role.ADMIN,
    summary="List users, the oldest first",
    answer=UserPage,
    errors=(400, 422),
    parameters=PARAMETERS,
)
def list_users(request: ApiRequest) -> UserPage:
    limit, offset = page_of(request.query)
    found, total = services().identity.users.page(request.caller.org, limit, offset)
    items = [_line(user) for user in found]
    return UserPage(items=items, total=total, limit=limit, offset=offset)


@routes.declare(
    "GET",
    "/api/v1/users/{id}",
    role=Role.ADMIN,
    summary="One user",
    answer=UserLine,
    errors=(404,),
)
def get_user(request: ApiRequest, id: str) -> UserLine:
    return _line(_found(request.caller.org, id))


@routes.declare(
    "PATCH",
    "/api/v1/users/{id}",
    role=Role.ADMIN,
    summary="Change a user's role or password, disable or enable a user",
    answer=UserLine,
    body=ChangedUser,
    errors=(400, 404, 409, 413, 415, 422),
)
def change_user(request: ApiRequest, id: str) -> UserLine:
    """The user's logins end within 60 seconds, and a disabled user's API tokens too. Nobody
    disables or lowers themselves."""
    from chalicelib.store.user_changes import Change

    given = request.read(ChangedUser)
    role = Role.named(given.role) if given.role else None
    change = Change(role=role, disabled=given.disabled, password=given.password)
    if change == Change():
        return _line(_found(request.caller.org, id))
    return _line(services().identity.user_changes.change(request.caller, id, change))


def _found(org: str, id: str) -> User:
    """A user of an organisation. Raises NotFound."""
    user = services().identity.users.by_id(org, id)
    if user is None:
        raise NotFound(f"user {id!r} not found")
    return user


def _line(user: User) -> UserLine:
    return UserLine(
        id=user.id,
        email=user.email,
        role=user.role.word,
        org=user.org,
        disabled=user.disabled,
        created_at=user.created_at,
    )
