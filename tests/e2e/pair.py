"""People who have been here for a while, so that a test about something else need not begin with ten messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Connection
from telegram_server import Person, TelegramServer

from bot.authoring.library import load
from bot.authoring.rehearsal import settled, stage
from bot.engine.events import Arm, PersonId, Tap, Words
from bot.engine.library import Library
from bot.engine.run import Clear, Safety, World, changed
from bot.settings import shipped
from bot.store import notes, timers, worlds
from bot.store.migrations import migrate

from .process import Copy
from .stored import opened


async def acquaint(server: TelegramServer, bot: Copy, *people: Person, linked: bool = False) -> None:
    """These people have pressed Start and read the first message some time ago; with `linked` the two are partners.

    Must be called while the bot is not running.
    """
    migrate(bot.database)
    with opened(bot) as connection:
        _settle(connection, *people, linked=linked)
    for one in people:
        await one.send("/start")
    server.updates.clear()


def settle(bot: Copy, one: Person, two: Person) -> None:
    """These two have linked: that was a while ago now, and talks about conflicts are open to both."""
    with opened(bot) as connection:
        _settle(connection, one, two, linked=True)


def _settle(connection: Connection, *people: Person, linked: bool) -> list[PersonId]:
    """Gives their numbers."""
    now = datetime.now(UTC)
    numbers = [
        worlds.person_of(connection, one.id, one.user.first_name, one.user.language or "", now) for one in people
    ]
    first, last = numbers[0], numbers[-1]
    before = worlds.load_world(connection, first, last)
    partners = {first: last, last: first} if linked else {}
    here = {
        number: settled(changed(person, partner=partners.get(number)), now) for number, person in before.people.items()
    }
    told = {number: Safety(Clear.OPEN, asked=now) for number in partners}
    worlds.save_world(connection, before, World(here, before.runs, told), now)
    return numbers


# --- in the middle of a talk ------------------------------------------------------------------------------------------

TOPIC = "the quincemarmalade"
"""Seated people have shared this; no word that the bot knows."""


@cache
def library() -> Library:
    """What the bot is shipped with, as its own process reads it."""
    read = load(shipped("flows"), shipped("content")).library
    assert read is not None, "the flows or the content have errors: run twofold check"
    return read


@dataclass(frozen=True, slots=True)
class Seats:
    """Two people in a talk in turns: who has the floor and has not spoken yet, and who listens."""

    speaker: Person
    listener: Person


def seat(bot: Copy, speaker: Person, listener: Person) -> Seats:
    """These two are in a talk in turns from now on: the topic is sent, and it is the speaker's turn to speak.

    Played by the engine without a phone, so no chat shows it. Must be called while the bot is not running.
    """
    with opened(bot) as connection:
        first, second = _settle(connection, speaker, listener, linked=True)
        before = worlds.load_world(connection, first)
        here = [changed(one, turns={"talk_in_turns": second}) for one in before.people.values()]
        rehearsed = stage(library(), here, datetime.now(UTC), seed=first)
        rehearsed.give(Tap(first, "f:talk_in_turns"))
        for typed in (TOPIC, "Send"):
            rehearsed.give(Words(first, typed))
        assert "you have the floor" in rehearsed.phones[first][-1].message.text
        worlds.save_world(connection, before, replace(rehearsed.world, safety=before.safety))
        timers.arm(connection, [Arm(key, owner, due) for key, (due, owner) in rehearsed.timers.items()])
        notes.keep(connection, rehearsed.notes)
    return Seats(speaker, listener)
