"""What is left to do in a chat that is to look bland: told anew before each call, from the messages still standing.

Each call that came to its end takes its messages off the list, so a stop half-way loses nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.delivery.port import Letter
from bot.engine.events import Message, Tidy
from bot.store import traces
from bot.store.outbox import Claimed

DELETABLE = timedelta(hours=47, minutes=55)
"""How old a message may be to be taken away: 48 hours (Bot API, deleteMessages), less what our clocks may differ by."""

AT_ONCE = 100
"""Messages in one call: Bot API, deleteMessages."""


def next_letter(conn: Connection, row: Claimed, tidy: Tidy, now: datetime) -> Letter | None:
    """The next call, or None where nothing is left to do.

    First what can go goes; then what is too old to go is edited, and last of all the newest words of the bot.
    """
    found = traces.standing(conn, row.person, tidy.since, row.created)
    stays = next((one for one in reversed(found) if one.ours and not one.media), None)
    rest = [one for one in found if one is not stays]
    if gone := tuple(one.message_id for one in rest if now - one.at < DELETABLE)[:AT_ONCE]:
        return Letter(row.person, row.chat, "remove", "", False, None, message_ids=gone)
    if old := next((one for one in rest if one.ours), None):
        return _edit(row, old, tidy.bland)
    if stays is not None:
        return _edit(row, stays, tidy.last or tidy.bland)
    return Letter(row.person, row.chat, "send", "", False, Message(tidy.last)) if tidy.last else None


def _edit(row: Claimed, one: traces.Trace, words: str) -> Letter:
    return Letter(row.person, row.chat, "edit", "", False, Message(words), one.message_id, shown_media=one.media)


def settled(conn: Connection, row: Claimed, tidy: Tidy, letter: Letter, *, done: bool) -> bool:
    """Notes what a call did; with `done` False, that the messenger will never do it. Whether all is done now."""
    if letter.kind == "send":
        return True
    if letter.kind == "edit" and letter.message_id is not None and done:
        traces.unshow(conn, row.person, letter.message_id)
        found = traces.standing(conn, row.person, tidy.since, row.created)
        only = [one.message_id for one in found if one.ours] == [letter.message_id]
        if only and not (letter.shown_media and tidy.last):  # those words still have to be said
            return True  # it stays on the list: a later tidying may take it away
    numbers = letter.message_ids if letter.message_id is None else (letter.message_id,)
    traces.forget(conn, row.person, numbers)
    return False
