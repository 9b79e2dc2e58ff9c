"""All that reaches each of two phones, in order: two plays of one conversation can be compared by it."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from leaving import buttons
from odd_flows import library
from random_couple import ANA, BEN, Couple, couple

from bot.engine import turn
from bot.engine.events import Arm, Disarm, Due, Edit, Input, Message, Refused, Send, Tap, Words
from bot.engine.flow import Kind
from bot.engine.library import Library

Heard = list[tuple[datetime, str, str, tuple[str, ...]]]
"""When, how, the words and the labels of what reached one person."""


class Stage:
    """Two people and a list of all that reaches each of them, in order. Runs have other names in another play, so
    buttons are compared by their words."""

    def __init__(self, among: Library) -> None:
        self.library, self.world, self.now = among, couple(), Couple().now
        self.turns = 0
        self.heard: dict[int, Heard] = {ANA: [], BEN: []}
        self.data: dict[int, list[tuple[str, str]]] = {ANA: [], BEN: []}
        self.timers: dict[str, tuple[datetime, int]] = {}

    def give(self, given: Input) -> None:
        self.turns += 1
        taken = turn.take_turn(self.library, self.world, given, self.now, self.turns * 7919)
        if isinstance(taken, Refused):
            if not isinstance(given, Due):
                self.heard[given.by].append((self.now, "toast", taken.toast, ()))
            return
        self.world, outcome = taken
        if outcome.toast:
            self.heard[given.by].append((self.now, "toast", outcome.toast, ()))
        for effect in outcome.effects:
            match effect:
                case Send(to, message):
                    self._hear(to, "new", message)
                case Edit(to, _, message):
                    self._hear(to, "edited", message)
                case Arm(key, owner, due):
                    self.timers[key] = (due, owner)
                case Disarm(prefix):
                    self.timers = {key: one for key, one in self.timers.items() if not key.startswith(prefix)}
                case _:
                    continue

    def _hear(self, to: int, how: str, message: Message | None) -> None:
        if message is None:
            self.heard[to].append((self.now, how, "", ()))
            return
        self.heard[to].append((self.now, how, message.text, tuple(one.label for one in buttons(message))))
        self.data[to] += [(one.label, one.data) for one in buttons(message)]

    def taps(self, person: int, label: str) -> None:
        data = next(data for words, data in reversed(self.data[person]) if words == label)
        self.give(Tap(person, data))

    def passes(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        while due := [(at, key, owner) for key, (at, owner) in self.timers.items() if at <= until]:
            at, key, owner = min(due)
            self.now = max(at, self.now)
            del self.timers[key]
            self.give(Due(owner, key, at))
        self.now = until

    def open_label(self, person: int) -> str | None:
        """The label that answers the newest question that stands open for this person: *Skip* fits every one."""
        for words, data in reversed(self.data[person]):
            if words == "Skip":
                taken = turn.take_turn(self.library, self.world, Tap(person, data), self.now, 1)
                return None if isinstance(taken, Refused) else words
        return None


def skip(stage: Stage, person: int) -> None:
    stage.taps(person, "Skip")


def opened(flow: str, by: int = ANA) -> Stage:
    """The flow with the gate behind it, both having said Yes."""
    stage = Stage(library())
    stage.give(Words(by, f"/{flow}"))
    agree(stage)
    return stage


def agree(stage: Stage) -> None:
    for person in (ANA, BEN):
        if any(run.gate is not None for run in stage.world.runs.values()):
            clearly(stage, person)


def clearly(stage: Stage, person: int, *, upset: int = 2, facts: str = "Yes, all of it") -> None:
    """A Yes to the gate, and to the questions behind it where there are some."""
    [run] = [run for run in stage.world.runs.values() if run.gate is not None]
    stage.taps(person, "Yes")
    if stage.library.programs[run.flow, run.structure].flow.kind is Kind.CONFLICT:
        stage.taps(person, str(upset))
        stage.taps(person, facts)


def deepcopy_stage(stage: Stage) -> Stage:
    """A stage that goes its own way from here. The library is shared: it never changes."""
    copy = Stage(stage.library)
    copy.world, copy.now, copy.turns = stage.world, stage.now, stage.turns
    copy.heard, copy.data, copy.timers = deepcopy(stage.heard), deepcopy(stage.data), dict(stage.timers)
    return copy


def to_the_end(stage: Stage) -> None:
    """Both skip whatever is still asked, then three days pass."""
    for _ in range(30):
        for person in (ANA, BEN):
            if stage.open_label(person) is not None:
                skip(stage, person)
        stage.passes(20)
    stage.passes(3 * 24 * 60)
