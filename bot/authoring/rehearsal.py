"""A bot without a store: two phones, a clock and timers in memory, and the real engine. For tests, tries and walks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

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
    Invite,
    Message,
    Note,
    PersonId,
    Recall,
    Refused,
    Remember,
    Retract,
    Send,
    Tap,
    Tidy,
    Trace,
    Unshare,
)
from bot.engine.gate import YES, gate_tag
from bot.engine.library import Library
from bot.engine.own_data import PAGE, past
from bot.engine.run import Clear, Person, Safety, World, changed
from bot.engine.saved import dump_person, dump_run, dump_safety, load_person, load_run, load_safety
from bot.engine.text import plain
from bot.engine.turn import take_turn


@dataclass(slots=True)
class Bubble:
    """One message on a phone as it stands now. `once` are all buttons it ever had, `gone` whether it was taken away."""

    message: Message
    tag: str
    at: datetime
    unread: bool = True
    once: list[Button] = field(default_factory=list)

    def button(self, label: str) -> Button | None:
        """The button with these words that can be tapped now."""
        return next(
            (one for row in self.message.buttons for one in row if plain(one.label) == label and one.data), None
        )


@dataclass(slots=True)
class Rehearsal:
    """The world and everybody's phone. Time moves only when told to; chance comes from the seed."""

    library: Library
    world: World
    now: datetime
    seed: int = 1
    gates_open: bool = True
    phones: dict[PersonId, list[Bubble]] = field(default_factory=dict)
    timers: dict[str, tuple[datetime, PersonId]] = field(default_factory=dict)
    trace: list[Trace] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    invites: list[Invite] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    exported: list[PersonId] = field(default_factory=list)
    toast: str = ""
    turns: int = 0

    def give(self, given: Input) -> Refused | None:
        """One turn with this input; its effects reach the phones at once. Refused: nothing changed."""
        self.turns += 1
        chance = (self.seed * 0x9E3779B97F4A7C15 + self.turns * 0xBF58476D1CE4E5B9) % (1 << 128)
        outcome = take_turn(self.library, self.world, given, self.now, chance)
        if isinstance(outcome, Refused):
            self.toast = outcome.toast
            return outcome
        self.world, result = outcome
        self.toast = result.toast
        self.trace += result.trace
        self.effects = list(result.effects)
        for effect in result.effects:
            self._apply(effect)
        if self.gates_open:
            self._open_gates()
        return None

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
            case Invite():
                self.invites.append(effect)
            case Remember():
                pass
            case Note():
                self.notes.append(effect)
            case Retract(of, flow, step):
                at = [n for n, one in enumerate(self.notes) if (one.of, one.flow, one.step) == (of, flow, step)]
                del self.notes[at[-1]]
            case Unshare(of):
                self.notes = [one for one in self.notes if one.of != of or not one.shared]
            case Recall(to, page):
                mine = [one for one in reversed(self.notes) if one.of == to][page * PAGE :]
                message = past(self.library, self.world.people[to], mine[: PAGE + 1], page, self.now)
                self._show(to, message, "mine", instead=page > 0)
            case Tidy():
                self._tidy(effect)
            case Export(to):
                self.exported.append(to)
            case Forget():
                self._forget(effect)
            case _:
                assert_never(effect)

    def _tidy(self, tidy: Tidy) -> None:
        """Everything since then goes, except for the newest words: those turn bland, like what is too old to go."""
        phone = self.phones.setdefault(tidy.to, [])
        recent = [one for one in phone if one.at >= tidy.since]
        stays = next((one for one in reversed(recent) if one.message.media is None), None)
        for one in recent:
            if one is stays or self.now - one.at >= DELETABLE:
                words = tidy.last or tidy.bland if one is stays else tidy.bland
                one.message, one.tag, one.unread = Message(words), "", one is stays
            else:
                phone.remove(one)
        if stays is None and tidy.last:
            phone.append(Bubble(Message(tidy.last), "", self.now))

    def _forget(self, forget: Forget) -> None:
        """The phone keeps its messages; whoever types on it now is somebody new."""
        self.notes = [one for one in self.notes if one.of != forget.of]
        if forget.farewell is not None:
            self.phones.setdefault(forget.of, []).append(Bubble(forget.farewell, "", self.now))
        if forget.wholly:
            self.world = replace(self.world, people={**self.world.people, forget.of: Person(forget.of, "")})

    def bubble(self, person: PersonId, tag: str) -> Bubble | None:
        """The newest message with this tag on this phone."""
        return next((one for one in reversed(self.phones.get(person, [])) if one.tag == tag and tag), None)

    def _show(self, to: PersonId, message: Message, tag: str, instead: bool) -> None:
        if self.world.people[to].away or self.world.people[to].forgotten:
            return
        old = self.bubble(to, tag) if instead else None
        if old is not None and old.message.media is None and message.media is None:
            old.message, old.unread = message, True
            old.once += [one for row in message.buttons for one in row]
            return
        self.phones.setdefault(to, []).append(
            Bubble(message, tag, self.now, once=[one for row in message.buttons for one in row])
        )

    def _edit(self, to: PersonId, tag: str, message: Message | None) -> None:
        bubble = self.bubble(to, tag)
        if bubble is None:
            return
        bubble.message = replace(bubble.message, buttons=()) if message is None else message
        bubble.once += [one for row in bubble.message.buttons for one in row]

    def _open_gates(self) -> None:
        """Both say Yes to the question before a flow for two, unseen: most tests are about what comes after it."""
        for run in list(self.world.runs.values()):
            if run.gate is None:
                continue
            for person in run.cast:
                phone = self.phones.get(person, [])
                phone[:] = [one for one in phone if one.tag != gate_tag(run)]
            self.gates_open = False
            for person in run.cast:
                if self.world.people[person].away:
                    continue
                for said in (YES, "u2", "fy"):
                    if run.id in self.world.runs:
                        self.give(Tap(person, f"g:{run.id}:{run.visit}:{said}"))
            self.gates_open = True

    # --- time ---

    def next_due(self) -> datetime | None:
        return min((due for due, _ in self.timers.values()), default=None)

    def pass_time(self, length: timedelta) -> None:
        """Time runs; timers fire in the order in which they are due, each at its own moment."""
        until = self.now + length
        while self.timers:
            key, (due, owner) = min(self.timers.items(), key=lambda one: (one[1][0], one[0]))
            if due > until:
                break
            self.now = max(self.now, due)
            del self.timers[key]
            if owner in self.world.people:
                self.give(Due(owner, key, due))
        self.now = until

    def sleep(self, length: timedelta) -> None:
        """The bot is down for this long: time passes, nothing fires, and everything due fires late afterwards."""
        self.now += length
        self.pass_time(timedelta(0))

    def restart(self) -> None:
        """Everything is saved, dropped and loaded again."""
        people = [load_person(dump_person(person)) for person in self.world.people.values()]
        runs = [load_run(dump_run(run)) for run in self.world.runs.values()]
        safety = {person: load_safety(dump_safety(one)) for person, one in self.world.safety.items()}
        self.world = World({person.id: person for person in people}, {run.id: run for run in runs}, safety)

    # --- reading ---

    def unread(self, person: PersonId) -> list[Bubble]:
        return [one for one in self.phones.get(person, []) if one.unread]


DELETABLE = timedelta(hours=48)
"""How old a message may be to be taken away: Bot API, deleteMessage."""

LONG_AGO = timedelta(days=30)
"""When the people of a rehearsal were linked: longer than any rule about new pairs reaches."""


def settled(person: Person, now: datetime) -> Person:
    """Somebody who has been here for a while: nothing has to be asked of them before a flow begins."""
    linked = None if person.partner is None else now - LONG_AGO
    return changed(person, met=True, introduced=True, told=True, shared_phone=False, linked=linked)


def stage(
    library: Library, people: Iterable[Person], now: datetime, *, cleared: bool = True, **settings: object
) -> Rehearsal:
    """A rehearsal with these people in it. `cleared`: talks about conflicts are open to all of them."""
    here = {person.id: person for person in people}
    safety = {person: Safety(Clear.OPEN, asked=now) for person in here} if cleared else {}
    return Rehearsal(library, World(here, {}, safety), now, **settings)  # type: ignore[arg-type]
