"""Both Python clients behind one face: a test that is written once holds for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from runyard import AsyncClient, Client


class Sdk:
    """The blocking client: what its methods give is there already."""

    def __init__(self, base_url: str, token: str | None, **more: Any) -> None:
        self.client: Any = Client(base_url, token, **more)

    def get(self, answer: Any) -> Any:
        """What a call of a method gives."""
        return answer

    def each(self, stream: Any) -> Iterator[Any]:
        """What a stream gives, one by one."""
        yield from stream

    def close(self) -> None:
        self.client.close()


class AsyncSdk(Sdk):
    """The asynchronous client, on a loop of its own that runs while a test asks."""

    def __init__(self, base_url: str, token: str | None, **more: Any) -> None:
        self._runner = asyncio.Runner()
        self.client = self._runner.run(self._made(base_url, token, **more))

    def get(self, answer: Any) -> Any:
        return self._runner.run(self._of(answer))

    def each(self, stream: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._runner.run(self._of(anext(stream)))
            except StopAsyncIteration:
                return

    def close(self) -> None:
        self._runner.run(self.client.close())
        self._runner.close()

    async def _made(self, base_url: str, token: str | None, **more: Any) -> AsyncClient:
        return AsyncClient(base_url, token, **more)

    async def _of(self, answer: Any) -> Any:
        return await answer


KINDS: dict[str, type[Sdk]] = {"sync": Sdk, "async": AsyncSdk}
