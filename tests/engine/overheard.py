"""All that can be seen on one phone: moments, words, buttons, edits, toasts. Two plays can be compared by it.

Chance is a function of who does which of their inputs, so that what one person does shifts nobody else's luck.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from bot.authoring.rehearsal import settled
from bot.engine import turn
from bot.engine.events import (
    Arm,
    Button,
    Disarm,
    Due,
    Edit,
    Effect,
    Export,
    Forget,
    Input,
    Message,
    Outcome,
    PersonId,
    Refused,
    Send,
    Tap,
    Tidy,
    Words,
)
from bot.engine.library import Library
from bot.engine.run import Clear, Person, Safety, World

ANA, BEN = 1, 2
MORNING = datetime(2026, 3, 2, 10, tzinfo=UTC)

Heard = tuple[datetime, str, str, str, tuple[tuple[tuple[str, str], ...], ...]]
"""When, how, words, picture or note, and rows of buttons as label and data."""


def pair(now: datetime = MORNING) -> World:
    """Ana and Ben, linked for long, with nothing left to be asked of them."""
    ana = settled(Person(ANA, "Ana", pronoun="she", zone="Europe/Berlin", partner=BEN), now)
    ben = settled(Person(BEN, "Ben", pronoun="he", partner=ANA), now)
    return World({ANA: ana, BEN: ben}, {}, {one: Safety(Clear.OPEN, asked=now) for one in (ANA, BEN)})


@dataclass(slots=True)
class Play:
    """The world, two phones, and the timers. `heard` is all that ever reached a phone, as its person could see it."""

    library: Library
    world: World = field(default_factory=pair)
    now: datetime = MORNING
    seed: int = 1
    phones: dict[PersonId, list[tuple[str, Message]]] = field(default_factory=lambda: {ANA: [], BEN: []})
    heard: dict[PersonId, list[Heard]] = field(default_factory=lambda: {ANA: [], BEN: []})
    timers: dict[str, tuple[datetime, PersonId]] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    runs: set[str] = field(default_factory=set)
    names: dict[tuple[PersonId, str], str] = field(default_factory=dict)

    def fork(self) -> Play:
        """A play that goes its own way from here. World and messages never change, so they are shared."""
        phones = {person: list(bubbles) for person, bubbles in self.phones.items()}
        heard = {person: list(seen) for person, seen in self.heard.items()}
        return replace(
            self,
            phones=phones,
            heard=heard,
            timers=dict(self.timers),
            counted=self.counted.copy(),
            runs=set(self.runs),
            names=dict(self.names),
        )

    # --- one turn ---

    def give(self, given: Input, *, aside: str = "") -> None:
        """One turn. An input with `aside` has a chance of its own: in the other play something else or nothing is done
        there, and what follows must be as lucky in both."""
        outcome = turn.take_turn(self.library, self.world, given, self.now, self._chance(given, aside))
        if isinstance(outcome, Refused):
            if not isinstance(given, Due):
                self._hear(given.by, "toast", Message(outcome.toast))
            return
        if outcome[1].toast:
            self._hear(given.by, "toast", Message(outcome[1].toast))
        self.take(*outcome)

    def take(self, world: World, outcome: Outcome) -> None:
        """The world becomes this one, and its effects reach phones and timers."""
        self.world = world
        self.runs |= set(world.runs)
        for effect in outcome.effects:
            self._apply(effect)

    def _chance(self, given: Input, aside: str) -> int:
        match given:
            case Due(_, key) if key.startswith("own:"):
                what = f"{key} {self.now}"
            case Due():
                what = f"due {self.now}"
            case _:
                what = f"{given.by} {aside}"
        self.counted[what] += 1
        return int.from_bytes(
            blake2b(f"{self.seed} {what} {self.counted[what]}".encode(), digest_size=16).digest(), "big"
        )

    def _apply(self, effect: Effect) -> None:
        match effect:
            case Send(to, message, tag, instead):
                self._show(to, message, tag, instead)
            case Edit(to, tag, message):
                self._edit(to, tag, message)
            case Arm(key, owner, due):
                self.timers[key] = (due, owner)
            case Disarm(prefix):
                self.timers = {key: one for key, one in self.timers.items() if not key.startswith(prefix)}
            case Tidy(to) | Export(to):
                self._hear(to, type(effect).__name__, Message(""))
            case Forget(of, wholly) if wholly and of in self.world.people:
                people = {one: person for one, person in self.world.people.items() if one != of}
                safety = {one: told for one, told in self.world.safety.items() if one != of}
                self.world = replace(self.world, people=people, safety=safety)
                self.timers = {key: one for key, one in self.timers.items() if one[1] != of}
            case _:
                pass

    # --- phones ---

    def _show(self, to: PersonId, message: Message, tag: str, instead: bool) -> None:
        if self.world.people[to].away:
            return
        old = self._newest(to, tag) if instead else None
        if old is not None and self.phones[to][old][1].media is None and message.media is None:
            self._change(to, old, message)
            return
        self.phones[to].append((tag, message))
        self._hear(to, "new", message)

    def _edit(self, to: PersonId, tag: str, message: Message | None) -> None:
        at = self._newest(to, tag)
        if at is not None:
            self._change(to, at, replace(self.phones[to][at][1], buttons=()) if message is None else message)

    def _newest(self, person: PersonId, tag: str) -> int | None:
        bubbles = self.phones[person]
        return next((at for at in reversed(range(len(bubbles))) if tag and bubbles[at][0] == tag), None)

    def _change(self, to: PersonId, at: int, message: Message) -> None:
        """An edit is seen only where it changes something."""
        tag, old = self.phones[to][at]
        if old != message:
            self.phones[to][at] = (tag, message)
            self._hear(to, f"edited {at}", message)

    def _hear(self, to: PersonId, how: str, message: Message) -> None:
        rows = tuple(
            tuple((one.label, self._nameless(to, one.data or one.url)) for one in row) for row in message.buttons
        )
        self.heard[to].append((self.now, how, message.text, str(message.media), rows))

    def _nameless(self, to: PersonId, data: str) -> str:
        """What a button sends, which nobody sees: runs by the order in which this phone first held a button of them,
        and without the count of steps that follows."""
        parts = data.split(":")
        after = [at for at, one in enumerate(parts[:-1]) if one in self.runs and parts[at + 1].isdecimal()]
        named = [
            self.names.setdefault((to, one), f"run{sum(who == to for who, _ in self.names)}")
            if one in self.runs
            else one
            for at, one in enumerate(parts)
            if at - 1 not in after
        ]
        return ":".join(named)

    def live(self, person: PersonId, *kinds: str) -> list[Button]:
        """The buttons that can be tapped, oldest first; of these kinds only, where any are named."""
        every = [one for _, message in self.phones[person] for row in message.buttons for one in row if one.data]
        return [one for one in every if not kinds or one.data.partition(":")[0] in kinds]

    # --- what people do ---

    def pass_time(self, length: timedelta) -> None:
        until = self.now + length
        while self.timers:
            key, (due, owner) = min(self.timers.items(), key=lambda one: (one[1][0], one[0]))
            if due > until:
                break
            self.now = max(self.now, due)
            del self.timers[key]
            self.give(Due(owner, key, due))
        self.now = until

    def agrees(self, person: PersonId) -> None:
        """Yes to every gate that stands open, and everything that a clear Yes before a hard talk takes."""
        for said in ("y", "u2", "fy"):
            for one in self.live(person, "g"):
                if one.data.endswith(f":{said}"):
                    self.give(Tap(person, one.data))

    def begins(self, flow: str, by: PersonId) -> None:
        self.give(Words(by, f"/{flow}"))
        for person in (ANA, BEN):
            self.agrees(person)

    def goes_on(self, person: PersonId, number: int) -> None:
        """Does the next sensible thing: sends what waits, answers what is asked, or types something."""
        if self.live(person, "g"):
            self.agrees(person)
        elif waiting := self.live(person, "d"):
            self.give(Tap(person, waiting[0 if number % 4 else -1 - number // 4 % len(waiting)].data))
        elif asked := [one for one in self.live(person, "a") if not one.data.endswith((":s", ":a"))]:
            self.give(Tap(person, asked[-1 - number % len(asked)].data))
        else:
            self.give(Words(person, ("a sentence of my own", "20:30", "tomorrow")[number % 7 % 3]))

    def taps(self, person: PersonId, number: int, *kinds: str) -> None:
        live = self.live(person, *kinds)
        self.give(Tap(person, live[-1 - number % len(live)].data) if live else Words(person, "/menu"))


MINUTES = (1, 1, 2, 3, 4, 5, 8, 10, 20, 60, 240, 780, 1500)
"""Lengths that pass at once: often shorter than the delay after which somebody hears of a leaving."""

COMMANDS = (
    "talk_in_turns",
    "time_out",
    "odd_light",
    "odd_words",
    "stop",
    "back",
    "menu",
    "why",
    "check_in",
    "odd_quarrel",
)


def move(play: Play, what: str, person: PersonId, number: int) -> None:
    """One thing that somebody does, or time that passes. Chosen by the number and by that person's own phone alone, but
    for “near”, which goes to shortly before something is due: that is for what comes before two plays part."""
    match what:
        case "go":
            play.goes_on(person, number)
        case "tap":
            play.taps(person, number)
        case "answer":
            play.taps(person, number, "a", "d", "g", "l", "h", "b")
        case "command":
            play.give(Words(person, f"/{COMMANDS[number % len(COMMANDS)]}"))
        case "say":
            play.give(Words(person, ("7", "yes", "no", "Skip", "a few words", "time out")[number % 6]))
        case "pass":
            play.pass_time(timedelta(minutes=MINUTES[number % len(MINUTES)], seconds=number % 60))
        case "near":
            due = min((due for due, _ in play.timers.values()), default=play.now)
            play.pass_time(max(due - play.now - timedelta(seconds=number % 200), timedelta(0)))
        case _:
            raise ValueError(what)


def differs(one: list[Heard], other: list[Heard]) -> str:
    """Where two phones begin to differ, in words; empty where they are the same."""
    for at in range(max(len(one), len(other))):
        left, right = ([*heard[at : at + 1], None][0] for heard in (one, other))
        if left != right:
            return f"entry {at}\n  reference {_short(left)}\n  other     {_short(right)}"
    return ""


def _short(heard: Heard | None) -> str:
    if heard is None:
        return "(nothing)"
    moment, how, text, media, rows = heard
    labels = [label for row in rows for label, _ in row]
    return f"{moment:%d %H:%M:%S} {how} {text[:90]!r} {media if media != 'None' else ''} {labels}"
