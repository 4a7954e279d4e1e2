"""Who asks: one client per role, and one of another organisation."""

from __future__ import annotations

import pytest

from chalicelib.core.roles import Role
from tests.support.stack import Api, RunningStack


@pytest.fixture(scope="session")
def viewer(stack: RunningStack) -> Api:
    return stack.api_as(Role.VIEWER, name="viewer")


@pytest.fixture(scope="session")
def operator(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, name="operator")


@pytest.fixture(scope="session")
def stranger(stack: RunningStack) -> Api:
    """An admin of another organisation."""
    return stack.api_as(Role.ADMIN, org="org_stranger", name="stranger")


@pytest.fixture(scope="session")
def nobody(stack: RunningStack) -> Api:
    """Without a token."""
    return Api(stack.local.base_url, None)
