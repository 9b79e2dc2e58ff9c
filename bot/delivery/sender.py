"""One message from the outbox to the messenger, and what the messenger's answer means for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

import structlog
from sqlalchemy import Connection

from bot.delivery import bland, limits
from bot.delivery.clock import Clock
from bot.delivery.port import Delivered, Failed, Gone, Kind, Letter, Pack, Post, Posted, TooFast, Wrong
from bot.engine.events import Chart, Message, PersonId
from bot.engine.saved import Damaged, load_message
from bot.store import forgetting, numbers, outbox, traces
from bot.store.database import StoreError
from bot.store.errands import load_farewell, load_tidy
from bot.store.outbox import Claimed
from bot.store.writer import Writer

log = structlog.get_logger()

NOT_EDITABLE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
)
"""How the messenger says (400) that the message itself cannot be edited any more, in small letters."""

NEW = ("send", "file")
"""Kinds of letters that bring a new message into a chat."""

RENEW = timedelta(seconds=3)
"""How often a sender whose request takes long renews its lease: twice may fail before another one takes the row."""

IN_A_ROW = timedelta(seconds=1)
"""Two chats refused within this time mean that the whole bot is too fast, not one chat."""


@dataclass(slots=True)
class Sender:
    """What sending needs. `stopping` ends every wait before a request, and leaves the message for the next start.

    `pack` makes the file of somebody's own data, where that is done here.
    """

    writer: Writer
    post: Post
    handle_gone: Callable[[PersonId], Awaitable[None]]
    clock: Clock
    stopping: asyncio.Event
    pack: Pack | None = None
    refused: tuple[PersonId, datetime] | None = field(default=None)


class _Crowded:
    """An invitation could have been sent, but others go first. It is not in hand any more."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A claimed message. `start` is its reserved moment; None if the chat has to wait first."""

    row: Claimed
    letter: Letter
    start: datetime | None


async def deliver(sender: Sender, person: PersonId) -> bool:
    """Send this person's next message. Whether it makes sense to go on at once with the one after it.

    Raises StoreError if the outbox cannot be read or written; whatever the messenger says is dealt with here.
    """
    now = sender.clock.now()
    claimed = await sender.writer.run(lambda conn: _claim(conn, person, now, sender.pack), patient=True)
    if isinstance(claimed, bool):
        return claimed
    if isinstance(claimed, _Ready) and claimed.start is None:
        await sender.clock.rest(claimed.row.next_at, sender.stopping)
        claimed = await sender.writer.run(partial(_slot, claimed=claimed, now=sender.clock.now()), patient=True)
    if isinstance(claimed, _Crowded) or claimed.start is None:
        # Twice as often as it has to be, so that no slot passes by unused.
        await sender.clock.rest(sender.clock.now() + limits.GIVE_WAY / 2, sender.stopping)
        return not sender.stopping.is_set()
    row = claimed.row
    await sender.clock.rest(claimed.start, sender.stopping)
    if sender.stopping.is_set():
        await sender.writer.run(lambda conn: outbox.release(conn, [row]), patient=True)
        return False
    posted = await _handed_over(sender, row, claimed.letter)
    return await _note(sender, row, claimed.letter, posted)


async def _handed_over(sender: Sender, row: Claimed, letter: Letter) -> Posted:
    """What the messenger says. Meanwhile the row stays in hand; if this is broken off, the next sender may take it."""
    call = asyncio.ensure_future(sender.post.post(letter))
    try:
        while not (await asyncio.wait([call], timeout=RENEW.total_seconds()))[0]:
            with suppress(StoreError):  # the next time may be in time, too
                await sender.writer.run(partial(outbox.keep, row=row, start=sender.clock.now()), patient=True)
        return call.result()
    except asyncio.CancelledError:
        call.cancel()
        with suppress(StoreError):
            await sender.writer.run(lambda conn: outbox.release(conn, [row]))
        raise
    except Exception as error:  # a fault of the edge must not stop everybody's messages
        return Failed(type(error).__name__)


async def _note(sender: Sender, row: Claimed, letter: Letter, posted: Posted) -> bool:
    # What the messenger has must be noted, or it goes out again: so a full disk is waited for here.
    tries = 0
    while True:
        try:
            return await _settle(sender, row, letter, posted)
        except StoreError as error:
            tries += 1
            if tries == 1:
                log.error("answer_not_noted", row=row.id, said=str(error))
            if sender.stopping.is_set():
                raise
            await sender.clock.rest(sender.clock.now() + limits.pause(tries), sender.stopping)


def _claim(conn: Connection, person: PersonId, now: datetime, pack: Pack | None) -> _Ready | _Crowded | bool:
    row = outbox.claim(conn, person, now)
    if row is None:
        return False
    try:
        letter = _letter(conn, row, now, pack)
    except Damaged:
        outbox.quarantine(conn, row, "damaged", now)
        log.error("message_quarantined", row=row.id, reason="damaged")
        return True
    if letter is None or (letter.kind in ("edit", "strip") and letter.message_id is None):
        outbox.drop(conn, row, "nothing to do", now)
        return True
    # The chat's slot comes first: a bot-wide slot that is reserved too early is past when the chat may speak.
    ready = _Ready(row, letter, None)
    return ready if letter.kind in NEW and row.next_at > now else _slot(conn, ready, now)


def _slot(conn: Connection, claimed: _Ready, now: datetime) -> _Ready | _Crowded:
    """The same message with its moment, unless it is an invitation and the bot has its hands full."""
    row = claimed.row
    start = limits.reserve_soon(conn, now) if row.unasked else limits.reserve(conn, now)
    if start is None:
        outbox.give_back(conn, row)
        return _Crowded()
    outbox.keep(conn, row, start)
    return replace(claimed, start=start)


def _letter(conn: Connection, row: Claimed, now: datetime, pack: Pack | None) -> Letter | None:
    """What is to be handed over now; None where nothing is left to do."""
    match row.kind:
        case "tidy":
            return bland.next_letter(conn, row, load_tidy(row.payload, row.person), now)
        case "export":
            enclosed = None if pack is None else pack(conn, row.person, now)
            return (
                None if enclosed is None else Letter(row.person, row.chat, "file", "", False, None, enclosed=enclosed)
            )
        case "farewell":
            chat, message = load_farewell(row.payload)
            return Letter(row.person, chat, "send", "", False, message)
        case _:
            return _message(conn, row, now)


def _message(conn: Connection, row: Claimed, now: datetime) -> Letter:
    message = None if row.kind == "strip" else load_message(row.payload)
    kind: Kind
    match row.kind:
        case "send":
            kind = "edit" if row.instead and _fits(row, message) else "send"
        case "edit":
            kind = "edit"
        case _:
            kind = "strip"
    letter = Letter(row.person, row.chat, kind, row.tag, row.instead, message, unasked=row.unasked)
    if kind != "send":
        letter = replace(letter, message_id=row.message_id, shown_media=row.media)
    if message is not None and isinstance(message.media, Chart):
        chart = message.media
        since = now - timedelta(days=chart.days)
        letter = replace(letter, chart=numbers.last_days(conn, row.person, chart.flow, chart.step, since))
    return letter


def _fits(row: Claimed, message: Message | None) -> bool:
    """Whether this can be put in the place of the last one: only words can take the place of words."""
    return row.message_id is not None and not row.media and message is not None and message.media is None


async def _settle(sender: Sender, row: Claimed, letter: Letter, posted: Posted) -> bool:
    now = sender.clock.now()
    match posted:
        case Delivered():
            sender.refused = None
            await sender.writer.run(lambda conn: _delivered(conn, row, letter, posted, now), patient=True)
            return True
        case TooFast(retry_after=wait):
            everybody = sender.refused is not None and _both(sender.refused, (row.person, now))
            sender.refused = (row.person, now)
            log.warning("too_fast", row=row.id, seconds=wait.total_seconds(), everybody=everybody)
            await sender.writer.run(lambda conn: _too_fast(conn, row, now + wait, everybody), patient=True)
            return False
        case Failed(reason=reason):
            rest = limits.pause(row.attempts)
            log.warning("send_failed", row=row.id, reason=reason, attempts=row.attempts, again_in=rest.total_seconds())
            await sender.writer.run(lambda conn: outbox.retry(conn, row, now + rest), patient=True)
            return False
        case Gone():
            log.info("person_gone", row=row.id, person=row.person)
            if row.kind != "farewell":
                await _tell_gone(sender, row.person)
            await sender.writer.run(lambda conn: outbox.close(conn, row.person, now), patient=True)
            return False
        case Wrong(reason=reason):
            await sender.writer.run(lambda conn: _wrong(conn, row, letter, reason, now), patient=True)
            return True
        case _:
            assert_never(posted)


async def _tell_gone(sender: Sender, person: PersonId) -> None:
    # Told before the rows are closed: if we stop in between, the next try finds out again.
    try:
        await sender.handle_gone(person)
    except StoreError:
        raise
    except Exception as error:
        log.error("gone_failed", person=person, error=type(error).__name__)


def _delivered(conn: Connection, row: Claimed, letter: Letter, posted: Delivered, now: datetime) -> None:
    if row.kind == "tidy" and not _bland(conn, row, letter, done=True):
        return
    _, next_at = limits.slot(now, now, limits.CHAT_INTERVAL)
    media = letter.shown_media if letter.kind == "strip" else posted.media
    outbox.sent(conn, row, posted.message_id, media, now, next_at if letter.kind in NEW else None)
    if row.kind == "farewell":
        forgetting.bury(conn, row.person)
    elif letter.kind in NEW:
        traces.note(conn, row.person, posted.message_id, now, ours=True, media=media)


def _bland(conn: Connection, row: Claimed, letter: Letter, *, done: bool) -> bool:
    """Whether the chat is bland now; else the row comes again for what is left."""
    if bland.settled(conn, row, load_tidy(row.payload, row.person), letter, done=done):
        return True
    outbox.release(conn, [row])
    return False


def _both(one: tuple[PersonId, datetime], other: tuple[PersonId, datetime]) -> bool:
    return one[0] != other[0] and other[1] - one[1] <= IN_A_ROW


def _too_fast(conn: Connection, row: Claimed, until: datetime, everybody: bool) -> None:
    outbox.retry(conn, row, until)
    if everybody:
        limits.hold(conn, until)


def _wrong(conn: Connection, row: Claimed, letter: Letter, reason: str, now: datetime) -> None:
    if row.kind == "tidy" and letter.kind != "send":
        _bland(conn, row, letter, done=False)
        return
    not_editable = letter.kind != "send" and any(words in reason.lower() for words in NOT_EDITABLE)
    if not_editable and row.instead:
        outbox.forget_shown(conn, row)  # so it comes again, as a new message
        outbox.release(conn, [row])
    elif not_editable:
        outbox.drop(conn, row, "not editable", now)
    else:
        outbox.quarantine(conn, row, reason, now)
        log.error("message_quarantined", row=row.id, reason="wrong")
