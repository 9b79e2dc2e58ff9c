"""What is too old is forgotten: every hour what the bot needs no more, every day what people have told too long ago."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.delivery.clock import Clock
from bot.store import forgetting, inbox, links, notes, numbers, outbox, safety, traces
from bot.store.writer import Writer

log = structlog.get_logger()

TIDY = timedelta(hours=1)
"""How often what is too old is forgotten."""

DAY = timedelta(days=1)
"""How often it is looked for what people have told too long ago."""

KEEP = timedelta(days=180)
"""How long answers and numbers are kept, where the settings say nothing else."""

SAFETY_KEPT = timedelta(days=90)
"""How long the state of somebody who told nothing new is kept: then it is not known any more, and asked again."""

LINKS_KEPT = timedelta(days=30)
"""How long a link that has ended is still told from one that never was."""


def rounds(writer: Writer, clock: Clock, keep: timedelta) -> Mapping[str, Callable[[], Awaitable[datetime]]]:
    """What has to be done again and again, by its name; each gives the moment of its next time."""

    async def tidy() -> datetime:
        now = clock.now()
        await writer.run(lambda conn: _prune(conn, now), patient=True)
        return now + TIDY

    async def let_go() -> datetime:
        now = clock.now()
        await writer.run(lambda conn: _let_go(conn, now, keep), patient=True)
        return now + DAY

    return {"tidy": tidy, "retention": let_go}


def _prune(conn: Connection, now: datetime) -> None:
    inbox.prune(conn, now)
    outbox.prune(conn, now)
    links.prune(conn, now - LINKS_KEPT)
    forgetting.bury_all(conn)


def _let_go(conn: Connection, now: datetime, keep: timedelta) -> None:
    gone = {
        "notes": notes.prune(conn, now - keep),
        "numbers": numbers.prune(conn, now - keep),
        "traces": traces.prune(conn, now),
        "states": safety.prune(conn, now - SAFETY_KEPT),
    }
    if any(gone.values()):
        log.info("let_go", notes=gone["notes"], numbers=gone["numbers"], traces=gone["traces"])
