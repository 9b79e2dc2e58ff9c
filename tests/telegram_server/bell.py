"""A bell: wakes everybody who waits for a change, so that nobody polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Bell:
    """Rung at every change; `until` looks again after each ring."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wakes every waiter."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, look: Callable[[], Found | None], timeout: float | None) -> Found:  # noqa: ASYNC109
        """The first value of `look()` that is not None; TimeoutError after `timeout` seconds (None waits for ever)."""
        async with asyncio.timeout(timeout):
            while (found := look()) is None:
                await self._event.wait()
            return found
