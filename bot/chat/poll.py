"""Asks Telegram for updates. The offset moves only past updates that are committed, so a stop or a crash loses none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import structlog
from telegram.error import NetworkError

from bot.chat.inbound import ALLOWED
from bot.chat.line import Answer, Line
from bot.chat.patience import Waits, pauses, rest
from bot.chat.reception import Raw, lane, numbered
from bot.chat.start import WRONG_TOKEN, Unwelcome

log = structlog.get_logger()

HOLD = 50
"""Seconds that the server keeps a question open while nothing happens; Telegram's own limit."""

SLACK = 10.0
"""Seconds beyond that before we give a question up."""

LAST_PATIENCE = 5.0
"""Seconds for the last word to the server before we go."""

CONFLICT = (
    "Another program fetches this bot's messages, so some may be missing here. Stop it, or use another bot's token."
)

Receive = Callable[[Raw], Awaitable[None]]
T = TypeVar("T")


async def poll(line: Line, receive: Receive, stop: asyncio.Event, *, hold: int = HOLD, waits: Waits = pauses) -> None:
    """Fetches and handles updates until `stop` is set; then finishes those in hand and returns.

    Updates of different people are handled side by side, those of one person in order. `receive` returns after the
    commit; if it raises, the same update is tried again after a pause. Raises Unwelcome if the token is refused.
    """
    offset, told, row = 0, "", waits()
    while not stop.is_set():
        found, wait = await _fetch(line, stop, offset, hold)
        if isinstance(found, str):
            if found != told:
                log.warning(found)
            told = found
            await rest(stop, max(next(row), wait))
            continue
        if told:
            log.info("Telegram answers again.")
            told, row = "", waits()
        if found:
            offset = await take(found, receive, stop, waits)
    if offset:
        await _confirm(line, offset)


async def take(updates: Sequence[Raw], receive: Receive, stop: asyncio.Event, waits: Waits = pauses) -> int:
    """Handles one batch; gives the offset up to which everything is committed. Only a stop leaves any over."""
    left: set[int] = {raw["update_id"] for raw in updates}
    after = max(left) + 1
    lanes: dict[int, list[Raw]] = {}
    for raw in updates:
        lanes.setdefault(lane(raw), []).append(raw)

    async def walk(queue: Sequence[Raw]) -> None:
        for raw in queue:
            if stop.is_set() or not await _commit(raw, receive, stop, waits()):
                return
            left.discard(raw["update_id"])

    await asyncio.gather(*(walk(queue) for queue in lanes.values()))
    return min(left, default=after)


async def _commit(raw: Raw, receive: Receive, stop: asyncio.Event, row: Iterator[float]) -> bool:
    """Hands an update over until it is committed; False if a stop came first."""
    told = False
    while True:
        try:
            await receive(raw)
            return True
        except Exception as error:  # the port's promise: it was not committed, whatever this is
            if not told:
                log.error("update_not_kept", update=raw["update_id"], error=type(error).__name__)
            told = True
        await rest(stop, next(row))
        if stop.is_set():
            return False


async def _fetch(line: Line, stop: asyncio.Event, offset: int, hold: int) -> tuple[list[Raw] | str, float]:
    """Updates (none after a stop), or a sentence about what is wrong, and the seconds that the server wants to pass."""
    asked = {"offset": offset, "timeout": hold, "allowed_updates": ALLOWED}
    try:
        answer = await _until(stop, line.call("getUpdates", asked, patience=hold + SLACK))
    except NetworkError as error:
        return f"Telegram cannot be reached ({error.message}). Trying again until it can.", 0
    if answer is None:
        return [], 0
    match answer:
        case Answer(200, list(found)):
            updates = [raw for raw in found if numbered(raw)]
            return (updates, 0) if updates or not found else ("Telegram's answer cannot be read. Trying again.", 0)
        case Answer(401):
            raise Unwelcome(WRONG_TOKEN)
        case Answer(409):
            return CONFLICT, 0
        case _:
            return f"Telegram has trouble ({answer.status}). Trying again until it is over.", answer.retry_after


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What comes of the work; None if `stop` is set first, and then the work is ended."""
    call, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((call, stopped), return_when=asyncio.FIRST_COMPLETED)
        return call.result() if call.done() else None
    finally:
        call.cancel()
        stopped.cancel()
        await asyncio.gather(call, stopped, return_exceptions=True)


async def _confirm(line: Line, offset: int) -> None:
    """Tells the server what is committed. Without it those updates come once more and are recognised as repeated."""
    try:
        await line.call("getUpdates", {"offset": offset, "limit": 1, "timeout": 0}, patience=LAST_PATIENCE)
    except NetworkError:
        log.info("offset_not_told")  # so they come once more


async def catch_up(line: Line, receive: Receive, stop: asyncio.Event) -> None:
    """Handles what has waited while the bot was down, as far as the server gives it at once; the rest is for `poll`."""
    offset = 0
    while not stop.is_set():
        found, _ = await _fetch(line, stop, offset, 0)
        if isinstance(found, str) or not found:
            return
        offset = await take(found, receive, stop)
