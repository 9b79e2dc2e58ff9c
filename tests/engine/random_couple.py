"""Two phones that do anything at any moment, and what must hold after every single turn. Shared by the property tests.

Knows the bot only by its effects: nothing here asks the engine whom a word may be shown to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import get_args

from leaving import Left, buttons, check_leaving, root_of
from odd_flows import library

from bot.authoring.rehearsal import settled
from bot.engine.casting import open_to
from bot.engine.events import (
    Arm,
    Arrived,
    Button,
    Disarm,
    Due,
    Edit,
    Effect,
    Input,
    Invite,
    Message,
    Outcome,
    PersonId,
    Refused,
    Relay,
    Remember,
    Send,
    Tap,
    Words,
)
from bot.engine.flow import Kind, Share
from bot.engine.ledger import Ledger
from bot.engine.run import Clear, Person, Run, Safety, World
from bot.engine.saved import (
    dump_message,
    dump_person,
    dump_run,
    dump_safety,
    load_message,
    load_person,
    load_run,
    load_safety,
)
from bot.engine.turn import take_turn

ANA, BEN = 1, 2
EVENING = datetime(2026, 3, 27, 20, 0, tzinfo=UTC)
"""Two days before the clocks change in Berlin."""

ONLY_MINE = ("m:help", "m:help_all", "m:country", "m:settings", "m:home", "m:more", "/help", "/why", "/settings")
"""Taps and commands that never leave a trace on the other phone; so do all taps of the letters in QUIET."""

QUIET = ("t", "w", "e", "n")


def couple(*, zone: str | None = "Europe/Berlin", cleared: Iterable[PersonId] = (ANA, BEN)) -> World:
    """Ana and Ben, linked for long; talks about conflicts are open to the `cleared`. Ben has told no zone."""
    ana = settled(Person(ANA, "Ana", pronoun="she", zone=zone, partner=BEN), EVENING)
    ben = settled(Person(BEN, "Ben", partner=ANA), EVENING)
    return World({ANA: ana, BEN: ben}, {}, {one: Safety(Clear.OPEN, asked=EVENING) for one in cleared})


@dataclass(slots=True)
class Bubble:
    tag: str
    message: Message


@dataclass(slots=True)
class Secret:
    """A mark in something typed or recorded, and where it stands: `shut`, `sealed` (until both answered) or `open`."""

    owner: PersonId
    state: str = "shut"
    question: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Couple:
    """The world, both phones and the timers. `give` makes one turn and checks everything that must hold after it."""

    world: World = field(default_factory=couple)
    now: datetime = EVENING
    seed: int = 1
    turns: int = 0
    phones: dict[PersonId, list[Bubble]] = field(default_factory=lambda: {ANA: [], BEN: []})
    seen: dict[PersonId, list[str]] = field(default_factory=lambda: {ANA: [], BEN: []})
    timers: dict[str, tuple[datetime, PersonId]] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    naming: dict[PersonId, bool] = field(default_factory=lambda: {ANA: False, BEN: False})
    left: dict[str, Left] = field(default_factory=dict)

    # --- what people do ---

    def mark(self, owner: PersonId) -> str:
        """A word that nobody else would write."""
        mark = f"qx{len(self.secrets):04d}xq"
        self.secrets[mark] = Secret(owner, "open" if self.naming[owner] else "shut")
        return mark

    def live(self, person: PersonId) -> list[Button]:
        """The buttons on this phone that can be tapped."""
        return [
            one for bubble in self.phones[person] for row in bubble.message.buttons for one in row if one.data != ""
        ]

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

    # --- one turn ---

    def give(self, given: Input) -> Outcome | Refused:
        """One turn, taken twice from the same world and carried on with what was saved and loaded."""
        self.turns += 1
        chance = (self.seed * 0x9E3779B97F4A7C15 + self.turns * 0xBF58476D1CE4E5B9) % (1 << 128)
        before = saved(self.world)
        taken = take_turn(library(), self.world, given, self.now, chance)
        assert saved(self.world) == before, "the world given was changed"
        assert take_turn(library(), self.world, given, self.now, chance) == taken, "the same turn came out differently"
        if isinstance(taken, Refused):
            assert 0 < len(taken.toast) <= 200
            assert isinstance(given, Tap | Due), "only taps and timers are refused"
            return taken
        world, outcome = taken
        assert loaded(saved(world)) == world, "the world did not survive a restart"
        self._open(given, outcome)
        self._check(given, outcome)
        earlier = self.world
        self.world = loaded(saved(world))
        heard = [one for one in outcome.effects if isinstance(one, Send | Edit) and self._seen(one)]
        check_leaving(self.left, earlier, self.world, given, heard, self.now)
        for effect in outcome.effects:
            self._apply(effect)
        self._check_addresses(earlier, given, outcome)
        self._check_timers()
        self._check_open_questions()
        self._check_moves()
        return outcome

    def _open(self, given: Input, outcome: Outcome) -> None:
        """Follows which of the marked words their owner let go, by the taps alone."""
        for person in (ANA, BEN):
            sent = [one.message for one in outcome.effects if isinstance(one, Send) and one.to == person]
            if isinstance(given, Tap) and given.by == person:
                self.naming[person] = given.data == "t:name"
            elif any(one.data[:2] in ("a:", "g:", "k:", "d:") for message in sent for one in buttons(message)) or (
                isinstance(given, Words) and given.by == person
            ):
                self.naming[person] = False
        match given:
            case Tap(by, data) if data.startswith("d:") and data.endswith(":y"):
                run = self.world.runs[data.split(":")[1]]
                step = library().programs[run.flow, run.structure].flow.steps[run.step]
                sealed = getattr(step.action, "share", None) is Share.WHEN_BOTH
                for mark, secret in self.secrets.items():
                    if secret.owner == by and mark in run.drafts[by].value:
                        secret.state, secret.question = ("sealed" if sealed else "open"), (run.id, run.step)
        for secret in self.secrets.values():
            if secret.state == "sealed":
                secret.state = self._unsealed(secret, outcome)

    def _unsealed(self, secret: Secret, outcome: Outcome) -> str:
        run = self.world.runs.get(secret.question[0])
        if run is None:
            return "shut"
        left = [one.trigger for one in outcome.trace if (one.flow, one.step) == (run.flow, secret.question[1])]
        if not left:
            return "sealed"
        return "open" if left[0] == "answered" else "shut"

    def _apply(self, effect: object) -> None:
        match effect:
            case Send(to, message, tag, instead):
                old = next((one for one in reversed(self.phones[to]) if one.tag == tag and tag), None)
                if instead and old is not None and old.message.media is None and message.media is None:
                    old.message = message
                else:
                    self.phones[to].append(Bubble(tag, message))
                self.seen[to] += [one.data for one in buttons(message)]
            case Edit(to, tag, changed):
                old = next((one for one in reversed(self.phones[to]) if one.tag == tag), None)
                if old is not None:
                    old.message = replace(old.message, buttons=()) if changed is None else changed
                    self.seen[to] += [one.data for one in buttons(old.message)]
            case Arm(key, owner, due):
                assert due.tzinfo is not None
                self.timers[key] = (due, owner)
            case Disarm(prefix):
                self.timers = {key: one for key, one in self.timers.items() if not key.startswith(prefix)}
            case _:
                assert isinstance(effect, get_args(Effect))

    # --- what must hold ---

    def _check(self, given: Input, outcome: Outcome) -> None:
        assert len(outcome.toast) <= 200
        for effect in outcome.effects:
            match effect:
                case Send(to, message):
                    check_message(message)
                case Edit(to, _, Message() as message):
                    check_message(message)
                case _:
                    continue
            shown = "\n".join([message.text, str(message.media), *(one.label for one in buttons(message))])
            for mark, secret in self.secrets.items():
                assert secret.owner == to or secret.state == "open" or mark not in shown, (
                    f"{secret.state} words of {secret.owner} reach {to} by {given}: {message.text!r}"
                )

    def _seen(self, shown: Send | Edit) -> bool:
        """Whether this changes anything on a phone: taking away buttons that are gone does not."""
        if isinstance(shown, Send) or shown.message is not None:
            return True
        old = next((one for one in reversed(self.phones[shown.to]) if one.tag == shown.tag), None)
        return old is not None and bool(old.message.buttons)

    def _check_addresses(self, before: World, given: Input, outcome: Outcome) -> None:
        people = [_address(effect) for effect in outcome.effects]
        reached = {person for person in people if person is not None}
        assert reached <= set(self.world.people)
        words = given.words.split()[:1] if isinstance(given, Words) else []
        tapped = given.data if isinstance(given, Tap) else ""
        linking = isinstance(given, Arrived) or tapped[:2] == "k:" or before.people[given.by].pending is not None
        alone = before.people[ANA].partner is None and not linking
        private = tapped in ONLY_MINE or tapped.split(":")[0] in QUIET or words in [[one] for one in ONLY_MINE]
        if alone or private:
            assert reached <= {given.by}, f"{given} left a trace on the other phone"

    def _check_timers(self) -> None:
        for key, (_, owner) in self.timers.items():
            head, *rest = key.split(":")
            assert owner in self.world.people
            if head in ("every", "own"):
                continue
            assert head in self.world.runs, f"the timer {key} outlived its run"
            known = ("life", "shelved", "held", "part", str(self.world.runs[head].visit))
            assert rest[0] in known, f"the timer {key} is stale"
        for person in self.world.people.values():
            leaves = {f"own:{person.id}:left", f"own:{person.id}:gone"} & set(self.timers)
            assert bool(leaves) is (person.left is not None), f"{person.id} has left, and nobody will ever hear of it"

    def _check_open_questions(self) -> None:
        """Whoever is asked something has the question in front of them, with a button that works."""
        for run, person in self.asked():
            assert any(one.data.startswith(f"a:{run.id}:{run.visit}:") for one in self.live(person)), (
                f"{person} is asked {run.flow}/{run.step} and cannot see it"
            )

    def asked(self) -> Iterator[tuple[Run, PersonId]]:
        ledger = Ledger(library(), self.world, self.now, 0)
        for run in self.world.runs.values():
            for person in run.cast:
                if open_to(ledger, run, person) is not None:
                    yield run, person

    def _check_moves(self) -> None:
        """Every open conversation can be moved by a button that somebody sees, or by a timer that is armed."""
        for root in [run for run in self.world.runs.values() if run.parent is None]:
            if root.suspended and root.gate is None and self._comes_back(root):
                continue
            assert any(self._moves(root, one) for one in self._chances(root)), (
                f"{root.flow}/{root.step} is stuck: {sorted(self.timers)}"
            )

    def _comes_back(self, root: Run) -> bool:
        """Whether something will ask about a talk that was set aside: its own hour, or the end of the pause over it."""
        pauses = [
            run
            for run in self.world.runs.values()
            if library().programs[run.flow, run.structure].flow.kind is Kind.PAUSE
        ]
        over = any(set(root.cast) <= run.joined and not run.suspended for run in pauses)
        return over or any(f"{root.id}:{what}" in self.timers for what in ("held", "shelved", "part"))

    def _chances(self, root: Run) -> Iterator[tuple[Input, datetime]]:
        tree = {run.id for run in self.world.runs.values() if root_of(self.world, run).id == root.id}
        for person in root.cast:
            for one in reversed(self.live(person)):
                kind, *rest = one.data.split(":")
                if kind in "aglh" and rest[0] in tree:
                    yield Tap(person, one.data), self.now
        for key, (due, owner) in self.timers.items():
            if key.split(":")[0] in tree and not key.endswith(":life"):
                yield Due(owner, key, due), max(due, self.now)

    def _moves(self, root: Run, chance: tuple[Input, datetime]) -> bool:
        given, now = chance
        taken = take_turn(library(), self.world, given, now, 7)
        return not isinstance(taken, Refused) and taken[0].runs != self.world.runs


def _address(effect: object) -> PersonId | None:
    match effect:
        case Send(to) | Edit(to):
            return to
        case Arm(_, owner):
            return owner
        case Invite(by) | Remember(by):
            return by
        case _:
            return None


def check_message(message: Message) -> None:
    """What Telegram asks of a message: its length in UTF-16 units, spans inside it, buttons with short data."""
    text = message.text
    size = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert size <= (1024 if message.media is not None else 4096), f"{size} units"
    assert text.strip() or isinstance(message.media, Relay), "an empty message"
    for span in message.spans:
        assert span.offset >= 0 and span.length > 0 and span.offset + span.length <= len(text)
    for row in message.buttons:
        assert 0 < len(row) <= 8
        for one in row:
            assert one.label.strip() and bool(one.data) != bool(one.url)
            assert len(one.data.encode()) <= 64
            assert not one.url or one.url.startswith(("https://", "tg:"))
    assert load_message(dump_message(message)) == message


Rows = tuple[list[str], list[str], dict[PersonId, str]]


def saved(world: World) -> Rows:
    people, runs = world.people.values(), world.runs.values()
    safety = {person: dump_safety(one) for person, one in world.safety.items()}
    return [dump_person(one) for one in people], [dump_run(one) for one in runs], safety


def loaded(rows: Rows) -> World:
    people, runs = [load_person(one) for one in rows[0]], [load_run(one) for one in rows[1]]
    safety = {person: load_safety(one) for person, one in rows[2].items()}
    return World({one.id: one for one in people}, {one.id: one for one in runs}, safety)
