"""Who asks S3's routes: an admin of an organisation of its own."""

from __future__ import annotations

import pytest

from chalicelib.core.roles import Role
from tests.support.stack import Api, RunningStack


@pytest.fixture(scope="module")
def ours(stack: RunningStack, request: pytest.FixtureRequest) -> Api:
    """An admin of the test file's own organisation: lists and events have nothing of others."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    return stack.api_as(Role.ADMIN, org=f"org_{name}", name=name)
