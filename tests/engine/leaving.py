"""Leaving, as two phones may see it: the other one nothing before its time, the one who leaves nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.engine.events import Button, Due, Edit, Input, Message, PersonId, Send, Tap
from bot.engine.run import Run, World

SAFE = ("s", "q", "o", "v")
"""Letters of taps about somebody's own safety, data or verdict: they may leave a run, and nobody sees it happen. Only
where words wait for such a tap, they go on their way afterwards."""

LEAVING = ("We stop here", "no longer linked", "kind to your body", "Stopped")
"""Words by which somebody learns that a conversation is over before its end."""


@dataclass(frozen=True, slots=True)
class Left:
    """A run that somebody has left, with the names of all its parts, and when the other one hears of it."""

    by: PersonId
    until: datetime
    parts: frozenset[str]


def check_leaving(
    lefts: dict[str, Left], before: World, after: World, given: Input, heard: list[Send | Edit], now: datetime
) -> None:
    """Who leaves hears nothing more of it. The other one hears nothing until its time has come.

    `heard` is what changed on the phones in this turn; `lefts` is brought up to date. What was left is remembered for
    ever, also when the run is long over; only going back into it ends that.
    """
    if isinstance(given, Tap) and given.data[:1] in SAFE and before.people[given.by].waiting is None:
        assert all(one.to == given.by for one in heard), f"{given} is seen on the other phone"
    for root, left in list(lefts.items()):
        root_now = after.runs.get(root)
        if root_now is not None and (root_now.parting is None or left.by not in root_now.parting.by):
            del lefts[root]
            continue
        mine = [one for one in heard if one.to == left.by and one.message is not None]
        assert not any(_names(one) & left.parts for one in mine), f"{left.by} hears of what they left"
        if not _within(given, left.parts):
            continue
        mine = [one for one in mine if not _names(one) & set(after.runs)]
        assert not mine or given.by == left.by, f"{left.by} hears of what they left"
        if root_now is not None and root_now.parting is not None and now < left.until:
            gone = root_now.parting.by  # who leaves as well knows of the own leaving
            assert not any(_leaving(one) for one in heard if one.to not in gone), f"{given} tells of a leaving"
    for root, run in after.runs.items():
        if run.parting is None or root in lefts:
            continue
        by, known = min(run.parting.by), before.runs.get(root)
        if known is not None and known.parting is not None:
            continue  # the first one is back, and the second one is still gone
        assert given.by == by and known is not None
        assert not [one for one in heard if one.to != by], f"{given} is seen on the other phone"
        parts = frozenset(one.id for one in after.runs.values() if root_of(after, one).id == root)
        lefts[root] = Left(by, run.parting.until, parts)
        assert timedelta(minutes=3) <= run.parting.until - now <= timedelta(minutes=8)


def _names(shown: Send | Edit) -> set[str]:
    """The runs that the tag or a button of a message names."""
    data = [one.data for one in buttons(shown.message)] if shown.message is not None else []
    return {part for one in [shown.tag, *data] for part in one.split(":")}


def _within(given: Input, parts: frozenset[str]) -> bool:
    """Whether this tap or timer belongs to one of these runs."""
    words = given.data if isinstance(given, Tap) else given.key if isinstance(given, Due) else ""
    return bool(parts & set(words.split(":")))


def _leaving(shown: Send | Edit) -> bool:
    text = shown.message.text if shown.message is not None else ""
    return any(words in text for words in LEAVING)


def root_of(world: World, run: Run) -> Run:
    while run.parent is not None:
        run = world.runs[run.parent]
    return run


def buttons(message: Message) -> list[Button]:
    return [one for row in message.buttons for one in row if one.data]
