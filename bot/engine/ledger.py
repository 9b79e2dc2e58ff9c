"""What one turn has changed so far: a copy of the world, and its effects in order. Internal to a turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine.events import (
    Arm,
    Button,
    Disarm,
    Edit,
    Effect,
    Message,
    Outcome,
    PersonId,
    Send,
    Trace,
)
from bot.engine.flow import Step, Text
from bot.engine.library import Library
from bot.engine.machine import Program
from bot.engine.run import Person, Run, Safety, Talk, World, changed
from bot.engine.text import Given, Page, Rendered, fixed, render

MOVES = 100
"""Automatic moves one input may cause (flow format, section 8, after goflow's hundred steps a sprint)."""

SUBJECT = timedelta(hours=1)
"""A page that is opened within this time of a subject's beginning belongs to it."""

UNTOLD = Safety()


class Tangled(Exception):
    """A conversation went on and on by itself. The run is put to sleep; its people are told kindly."""

    def __init__(self, run: Run) -> None:
        super().__init__("too many automatic moves")
        self.run = run


class Ledger:
    """A turn at work. Everything it is given is immutable; what it changes are its own two dictionaries and lists."""

    __slots__ = (
        "chance",
        "drawn",
        "effects",
        "library",
        "moves",
        "now",
        "people",
        "runs",
        "safety",
        "seen",
        "toast",
        "trace",
    )

    def __init__(self, library: Library, world: World, now: datetime, chance: int) -> None:
        self.library = library
        self.people: dict[PersonId, Person] = dict(world.people)
        self.runs: dict[str, Run] = dict(world.runs)
        self.safety: dict[PersonId, Safety] = dict(world.safety)
        self.now = now
        self.chance = chance
        self.drawn = 0
        self.effects: list[Effect] = []
        self.trace: list[Trace] = []
        self.toast = ""
        self.moves = 0
        self.seen: set[tuple[str, PersonId]] = set()

    # --- reading ---

    def partner(self, person: PersonId) -> Person | None:
        """The linked one. Who has ended the link has nobody from that moment on; the other one, once they heard."""
        me = self.people[person]
        theirs = self.people.get(me.partner) if me.partner is not None and me.left is None else None
        return theirs if theirs is not None and theirs.partner == person else None

    def told(self, person: PersonId) -> Safety:
        """What this person has told in private about being safe."""
        return self.safety.get(person, UNTOLD)

    def keep(self, person: PersonId, **changes: object) -> Safety:
        """Changes what is kept about a person's safety."""
        self.safety[person] = replace(self.told(person), **changes)  # type: ignore[arg-type]
        return self.safety[person]

    def in_crisis(self, person: PersonId) -> bool:
        """Whether the usual messages rest for this person, and everything for two."""
        crisis = self.told(person).crisis
        return crisis is not None and self.now < crisis.until

    def program(self, run: Run) -> Program:
        return self.library.programs[run.flow, run.structure]

    def step(self, run: Run) -> Step:
        return self.program(run).flow.steps[run.step]

    def root(self, run: Run) -> Run:
        while run.parent is not None:
            run = self.runs[run.parent]
        return run

    def children(self, run: Run) -> Iterator[Run]:
        return (child for child in list(self.runs.values()) if child.parent == run.id)

    def tree(self, run: Run) -> Iterator[Run]:
        """The run and every part under it, parents first."""
        yield run
        for child in self.children(run):
            yield from self.tree(child)

    def roots(self, person: PersonId) -> list[Run]:
        """This person's own open runs, oldest first. A run of the partner nobody else was drawn into is not theirs."""
        return [run for run in self.runs.values() if run.root and self.knows(run, person)]

    def knows(self, run: Run, person: PersonId) -> bool:
        """Whether this person has seen anything of the run, the question before it included, and has not left it."""
        if run.parting is not None and person in run.parting.by:
            return False
        if self.people[person].left is not None and len(run.cast) > 1:
            return False
        return person in run.joined or (run.gate is not None and person in run.cast)

    # --- changing ---

    def draw(self) -> int:
        """A fresh number out of this turn's chance."""
        self.drawn += 1
        return (self.chance * 6364136223846793005 + self.drawn * 1442695040888963407) % (1 << 62)

    def name(self) -> str:
        """A fresh id for a run: short, because buttons carry it, and not to be guessed."""
        number, digits = self.draw() % (1 << 48), ""
        while number:
            number, rest = divmod(number, 32)
            digits = "abcdefghijklmnopqrstuvwxyz234567"[rest] + digits
        return digits or "a"

    def move(self, run: Run) -> None:
        self.moves += 1
        if self.moves > MOVES:
            raise Tangled(run)

    def put(self, run: Run) -> Run:
        self.runs[run.id] = run
        return run

    def drop(self, run: Run) -> None:
        """The run is over: its timers go with it."""
        self.runs.pop(run.id, None)
        self.effects.append(Disarm(f"{run.id}:"))

    def drop_tree(self, root: Run) -> None:
        """The run and every part under it are over, parts first."""
        for run in reversed(list(self.tree(root))):
            self.drop(run)

    def person(self, person: Person) -> Person:
        self.people[person.id] = person
        return person

    def change(self, who: PersonId, **changes: object) -> Person:
        return self.person(changed(self.people[who], **changes))

    # --- telling ---

    def send(
        self, to: PersonId, message: Message, tag: str = "", *, instead: bool = False, unasked: bool = False
    ) -> None:
        self.effects.append(Send(to, message, tag, instead, unasked))

    def edit(self, to: PersonId, tag: str, message: Message | None = None) -> None:
        self.effects.append(Edit(to, tag, message))

    def arm(self, key: str, owner: PersonId, due: datetime) -> None:
        self.effects.append(Arm(key, owner, due))

    def arm_in(self, key: str, owner: PersonId, after: timedelta) -> None:
        self.arm(key, owner, self.now + after)

    def disarm(self, prefix: str) -> None:
        self.effects.append(Disarm(prefix))

    def page(self, reader: PersonId, given: Mapping[str, Given] | None = None) -> Page:
        """What the bot's own phrases can draw on."""
        return Page(
            self.people[reader],
            self.partner(reader),
            self.now,
            self.library.phrases,
            given=given if given is not None else {},
        )

    def phrase(self, key: str, reader: PersonId, **given: Given | str) -> Rendered:
        """One of the bot's own texts for this reader. A plain string is taken as a text of ours, not a typed one."""
        wording = self.library.phrases[key].wordings[0]
        words = fixed(wording)
        if words is not None:
            return Rendered(words)
        values = {name: Given(one) if isinstance(one, str) else one for name, one in given.items()}
        return render(wording, self.page(reader, values))

    def say(
        self,
        to: PersonId,
        key: str,
        *rows: tuple[Button, ...],
        tag: str = "",
        instead: bool = False,
        unasked: bool = False,
        **given: Given | str,
    ) -> None:
        """Sends one of the bot's own texts."""
        words = self.phrase(key, to, **given)
        self.send(to, Message(words.text, words.spans, rows), tag, instead=instead, unasked=unasked)

    def label(self, key: str, reader: PersonId, data: str) -> Button:
        return Button(self.phrase(key, reader).text, data)

    def pick(self, text: Text, key: str, reader: PersonId, seed: int) -> int:
        """Which of several wordings this reader gets: the least used, and among those the one the seed points to."""
        if len(text.wordings) == 1:
            return 0
        person = self.people[reader]
        used = person.wordings.get(key, ())
        counts = [*used, *([0] * (len(text.wordings) - len(used)))][: len(text.wordings)]
        fewest = [at for at, count in enumerate(counts) if count == min(counts)]
        chosen = fewest[seed % len(fewest)]
        counts[chosen] += 1
        self.person(changed(person, wordings={**person.wordings, key: tuple(counts)}))
        return chosen

    def note_seen(self, run: Run, person: PersonId) -> None:
        """This person was just shown something of this run: earlier answers of others can be taken back no more."""
        self.seen.add((self.root(run).id, person))

    def settle_trails(self) -> None:
        """Forgets every last answer whose effect somebody else has seen in this turn."""
        for root_id, person in self.seen:
            root = self.runs.get(root_id)
            for run in list(self.tree(root)) if root is not None else ():
                if run.trail is not None and run.trail.by != person:
                    self.put(changed(run, trail=None))

    def subject(self, person: PersonId, *, new: bool = False) -> None:
        """A page is opened: the newest subject of this chat begins here, unless one began within the last hour.

        With `new`, as where a flow starts, it begins here in any case.
        """
        began = self.people[person].topic
        if new or began is None or self.now - began > SUBJECT:
            self.change(person, topic=self.now)

    def leave_settings(self, person: PersonId) -> None:
        """Something new is before this person: what they type from here on is no name and no place."""
        dialog = self.people[person].dialog
        if dialog is not None and dialog.talk in (Talk.NAME, Talk.PRONOUN, Talk.CLOCK):
            self.change(person, dialog=None)

    def outcome(self) -> tuple[World, Outcome]:
        return World(self.people, self.runs, self.safety), Outcome(tuple(self.effects), self.toast, tuple(self.trace))
