"""Fixtures of more than one kind of test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.stack import Api, CountingServer, RunningStack, counting_server

# Shared machines are slow at times: how long an example takes, or takes to be made, says nothing about
# the code.
settings.register_profile("runyard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("runyard")

LONGEST = (
    *("test_common_schemathesis", "test_load", "test_s4_command_line", "test_s2_triggers"),
    *("test_s4_sdks_pages", "test_killed_workers", "test_s4_bad_input", "test_restart"),
    *("test_s4_matrix", "test_common_authentication", "test_compiled_gates_run", "test_cancel"),
)
"""Files that take more than half a minute, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is one stack's: the longest begin first, or one of them would be the last of all."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else 99)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The local stack, started once for all tests that need it."""
    running = RunningStack(tmp_path_factory.mktemp("stack"))
    yield running
    running.local.stop()


@pytest.fixture
def api(stack: RunningStack) -> Api:
    """The stack's API with an admin's token."""
    return stack.api


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """A web server on loopback that counts what it is asked."""
    with counting_server() as found:
        yield found


def pytest_collection_finish() -> None:
    """What is there by now stays until the end: the collector of cycles need not look at it again
    and again, nor as often, among moto's many objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
