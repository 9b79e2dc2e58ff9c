"""Two or three phones in a test's hand: read what is unread, tap what can be tapped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bot.authoring.library import load
from bot.authoring.rehearsal import Bubble, Rehearsal, settled, stage
from bot.engine.events import Arrived, Link, PersonId, Refused, Tap
from bot.engine.library import Library
from bot.engine.run import Person
from bot.engine.text import plain

ROOT = Path(__file__).parents[2]
ANA, BEN, CLEO = 1, 2, 3
EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)


@cache
def library() -> Library:
    loaded = load(ROOT / "flows", ROOT / "content")
    assert loaded.library is not None
    return loaded.library


def strangers() -> Rehearsal:
    """Ana and Cleo know the bot, Ben was never here."""
    people = [settled(Person(ANA, "Ana"), EVENING), Person(BEN, "Ben"), settled(Person(CLEO, "Cleo"), EVENING)]
    return stage(library(), people, EVENING)


def couple() -> Rehearsal:
    """Ana and Ben, linked the way people are, with empty phones."""
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    tap(bot, ANA, "Yes, this is Ben")
    bot.phones.clear()
    bot.timers.clear()
    people = {number: settled(person, EVENING) for number, person in bot.world.people.items()}
    bot.world = replace(bot.world, people=people)
    return bot


def texts(bot: Rehearsal, person: PersonId) -> list[str]:
    """What stands unread on a phone; it is read by this."""
    unread = bot.unread(person)
    for bubble in unread:
        bubble.unread = False
    return [plain(bubble.message.text) for bubble in unread]


def holding(bot: Rehearsal, person: PersonId, label: str) -> Bubble | None:
    return next((one for one in reversed(bot.phones.get(person, [])) if one.button(label)), None)


def data_of(bot: Rehearsal, person: PersonId, label: str) -> str:
    """What the newest button with these words sends back."""
    bubble = holding(bot, person, label)
    button = bubble.button(label) if bubble is not None else None
    assert button is not None, f"no button “{label}”"
    return button.data


def tap(bot: Rehearsal, person: PersonId, label: str) -> Refused | None:
    return bot.give(Tap(person, data_of(bot, person, label)))


def linked(bot: Rehearsal, one: PersonId, other: PersonId) -> bool:
    return bot.world.people[one].partner == other and bot.world.people[other].partner == one


def labels(bubble: Bubble) -> list[str]:
    """The words on the buttons of a message, in order."""
    return [plain(one.label) for row in bubble.message.buttons for one in row]
