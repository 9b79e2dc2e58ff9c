"""Work that comes again and again until the stop: no fault of the database or of a single message ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.delivery.clock import Clock
from bot.delivery.limits import pause
from bot.store.database import StoreError

log = structlog.get_logger()


async def pump(
    name: str, once: Callable[[], Awaitable[datetime]], clock: Clock, stopping: asyncio.Event, bell: asyncio.Event
) -> None:
    """Do `once`, rest until the moment it gives or the bell, and again. Faults make growing pauses and one line."""
    faults = 0
    while not stopping.is_set():
        bell.clear()
        try:
            again = await once()
        except Exception as error:
            faults += 1
            if faults == 1:
                # A StoreError is a sentence of ours; the text of any other error may hold somebody's words.
                said = str(error) if isinstance(error, StoreError) else type(error).__name__
                log.error("pump_failed", pump=name, said=said)
            await clock.rest(clock.now() + pause(faults), stopping)
        else:
            if faults:
                log.info("pump_works_again", pump=name, faults=faults)
            faults = 0
            await clock.rest(again, bell, stopping)
