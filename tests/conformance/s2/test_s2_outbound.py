"""S2, actions: outbound HTTP refuses link-local, metadata, private and loopback addresses unless
the stage allows them by network (the local stage allows 127.0.0.0/8 and nothing else)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import fetch, shape, workflow
from tests.support.stack import Api, CountingServer, RunningStack, counting_server, step_of

FORBIDDEN = (
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.1.1:8080/",
    "http://172.16.0.1/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[fd00::1]/",
    "http://0.0.0.0/",
    "http://2852039166/",  # 169.254.169.254 as one number
    "http://0xa9fea9fe/",
    "http://metadata.google.internal/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "http://user:pass@127.0.0.1/",
    "//127.0.0.1/",
)
RENDERED = workflow(
    "outbound-rendered",
    fetch("a", "{{ inputs.url }}", retry={"max_attempts": 3}),
    shape("b"),
    inputs={"url": {"type": "string"}},
)


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    stack.api.apply(RENDERED)
    return stack.api


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


def ended(api: Api, url: str) -> dict[str, Any]:
    return api.ended(api.run("outbound-rendered", {"url": url}))


@pytest.mark.parametrize("url", FORBIDDEN)
def test_s2_outbound__a_literal_forbidden_url_is_422_at_apply_and_nothing_is_stored(
    api: Api, url: str
) -> None:
    answer = api.put("outbound-literal", workflow("outbound-literal", fetch("a", url)))
    found = problem(answer, 422, "validation-error", "errors")
    assert list(places(found)) == ["steps[0].params.url"]
    problem(api.get("/api/v1/workflows/outbound-literal"), 404, "not-found")


@pytest.mark.parametrize("url", [FORBIDDEN[0], FORBIDDEN[1], FORBIDDEN[5], FORBIDDEN[8]])
def test_s2_outbound__a_rendered_forbidden_address_fails_its_step_and_is_not_tried_again(
    api: Api, url: str
) -> None:
    detail = ended(api, url)
    step = step_of(detail, "a")
    assert (detail["status"], step["status"], step["attempts"]) == ("failed", "failed", 1)
    assert step["error"].startswith("address_not_allowed: ")
    assert step_of(detail, "b")["status"] == "skipped"


def test_s2_outbound__a_rendered_url_of_another_scheme_fails_its_step(api: Api) -> None:
    step = step_of(ended(api, "file:///etc/passwd"), "a")
    assert step["error"].startswith("invalid_url: ")


def test_s2_outbound__ipv6_loopback_is_refused_though_ipv4_loopback_is_allowed(
    api: Api, server: CountingServer
) -> None:
    port = server.url.rpartition(":")[2]
    assert ended(api, f"{server.url}/fine")["status"] == "completed"
    step = step_of(ended(api, f"http://[::1]:{port}/six"), "a")
    assert step["error"].startswith("address_not_allowed: ")
    assert [path for _, path in server.requests] == ["/fine"]


def test_s2_outbound__a_redirect_to_a_forbidden_address_fails_its_step(
    api: Api, server: CountingServer
) -> None:
    start = f"{server.url}/redirect?http://169.254.169.254/latest/meta-data/"
    detail = ended(api, start)
    step = step_of(detail, "a")
    assert (detail["status"], step["attempts"]) == ("failed", 1)
    assert step["error"].startswith("address_not_allowed: ")
    assert len(server.requests) == 1


def test_s2_outbound__a_redirect_to_an_allowed_address_is_followed(
    api: Api, server: CountingServer
) -> None:
    detail = ended(api, f"{server.url}/redirect?{server.url}/target")
    assert step_of(detail, "a")["output"]["json"] == {"path": "/target"}
