"""Where people stand: the world of one person or two, their runs, and who may see which answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeVar

from bot.engine.events import PersonId
from bot.engine.flow import Share

Changing = TypeVar("Changing", "Run", "Person")


def changed(one: Changing, **changes: object) -> Changing:
    """The same run or person with some fields changed.

    `dataclasses.replace` runs `__init__` over some twenty-five fields and costs 15 µs, several times a turn; copying
    the dictionary of a frozen dataclass (hence no slots) costs less than one.
    """
    new = object.__new__(type(one))
    vars(new).update(vars(one), **changes)
    return new


class Life(Enum):
    """The life of an answer. `private` and `withdrawn` are never shown to anybody else."""

    PRIVATE = "private"
    SEALED = "sealed"
    OFFERED = "offered"
    REVEALED = "revealed"
    WITHDRAWN = "withdrawn"


class Form(Enum):
    """What kind of thing an answer is."""

    CHOICE = "choice"
    PICKS = "picks"
    NUMBER = "number"
    WORDS = "words"
    ALOUD = "aloud"
    VOICE = "voice"
    PHOTO = "photo"
    TIME = "time"
    DATE = "date"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to one step. `share` is the promise that the person saw; it is kept for ever.

    `value` holds a choice's name, several joined by commas, digits, words, a messenger's file id, or nothing.
    """

    form: Form
    value: str
    share: Share
    life: Life
    visit: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Words or a voice note that wait for *Send*; with `guess`, a reading that waits for *Yes*; with `gist`, words of
    which one line is to be shared, and that line is awaited."""

    form: Form
    value: str
    guess: bool = False
    gist: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """The question before a flow for two: what each has said so far, and when the window ends.

    `said` holds what is final. Before a `conflict` flow a Yes is followed by two more questions: `agreed` are those who
    have said Yes and are asked how upset they are, `upset` what they said, out of 10, while they are asked the rest.
    """

    until: datetime
    said: Mapping[PersonId, str] = field(default_factory=dict)
    agreed: frozenset[PersonId] = frozenset()
    upset: Mapping[PersonId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parting:
    """These have left this run. It stands still; whoever is still there hears of it at `until`, whatever the reason."""

    by: frozenset[PersonId]
    until: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """The last answer that may still be taken back with /back: nobody else has seen an effect of it."""

    by: PersonId
    step: str
    visit: int


@dataclass(frozen=True)
class Run:
    """One conversation in one flow. `cast` follows the flow's roles; a flow for one has one person.

    `worded` holds which of several wordings a step used, `ends` when a step's wait ends, for ever the same moment.
    `lock` (of the root) pins every part to the structure it had at the start. `visit` counts entries of any step,
    `visits` of each. `joined` are the people who have seen anything of it, `untold` those
    among them whose last message left something open, `lined` those whose last message is a line for who waits.
    `held` is the agreed moment at which a talk that was put on hold asks whether to go on.
    """

    id: str
    flow: str
    structure: str
    cast: tuple[PersonId, ...]
    step: str
    begun: datetime
    entered: datetime
    seed: int
    visit: int = 0
    parent: str | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Mapping[PersonId, Answer]] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    worded: Mapping[str, int] = field(default_factory=dict)
    drafts: Mapping[PersonId, Draft] = field(default_factory=dict)
    picks: Mapping[PersonId, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, Mapping[PersonId, Answer]]] = field(default_factory=dict)
    joined: frozenset[PersonId] = frozenset()
    untold: frozenset[PersonId] = frozenset()
    lined: frozenset[PersonId] = frozenset()
    lock: Mapping[str, str] = field(default_factory=dict)
    gate: Gate | None = None
    trail: Trail | None = None
    suspended: bool = False
    late: bool = False
    parting: Parting | None = None
    held: datetime | None = None

    @property
    def root(self) -> bool:
        return self.parent is None

    def answer(self, step: str, person: PersonId) -> Answer | None:
        return self.answers.get(step, {}).get(person)

    def answered_now(self, person: PersonId) -> bool:
        """Whether this person has answered the question that stands open."""
        given = self.answer(self.step, person)
        return given is not None and given.visit == self.visit


class Talk(Enum):
    """Questions of the bot itself that wait for typed words or a tap of one person."""

    NAME = "name"
    PRONOUN = "pronoun"
    CLOCK = "clock"
    BREAK = "break"
    WHICH = "which"


@dataclass(frozen=True, slots=True)
class Dialog:
    """The bot's own open question to one person. `about` is a flow, a person's number or the words in question."""

    talk: Talk
    about: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Typed words that no step has seen yet, because they may tell of danger. They are kept here and nowhere else, and
    either go to where they were meant for or are destroyed.

    `left`: the runs for two that were left because of them. `dialog`: the bot's own question that they came to.
    `minor`: with them this person said for the first time that they are under 18. `asked`: the runs whose questions
    stood open when they came; to a question of any other one they are no answer.
    """

    words: str = ""
    left: tuple[str, ...] = ()
    dialog: Dialog | None = None
    minor: bool = False
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """What the bot knows of one person. `partner` is the linked one; `pending` somebody about to be linked.

    `left`: this person has ended the link; the other one hears of it at that moment, and until then nothing changes
    for them. `forgotten`: everything about this person is gone but the name, which goes at that moment too.
    `introduced`, `told`: name and words were asked for, what is kept and by whom was said. `shared_phone` is None
    until it is asked. `quiet` is a stretch of the day without unasked messages, such as 22:00-08:00. `topic` is when
    the newest subject of this chat began, `talked` when this person last began a talk about a conflict, `worse` how
    often running a flow was said to have made things worse (`*`: any flow), `judged` the day on which this person was
    last asked that of a flow, with a ? while the question stands open.

    `knocked`: the pending one has opened this person's own link, has agreed, and waits to be let in.
    `missed`: a question for words closed before an answer came. `finished` counts finished flows, `rhythm` holds what
    was agreed about a flow's time, `last` the last answers that other flows quote, `wordings` which of several wordings
    were used, `turns` who began a flow last.
    """

    id: PersonId
    name: str
    pronoun: str = "other"
    zone: str | None = None
    language: str = "en"
    country: str | None = None
    met: bool = False
    away: bool = False
    missed: bool = False
    partner: PersonId | None = None
    pending: PersonId | None = None
    knocked: bool = False
    linked: datetime | None = None
    dialog: Dialog | None = None
    finished: Mapping[str, int] = field(default_factory=dict)
    rhythm: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[str, str] = field(default_factory=dict)
    wordings: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    turns: Mapping[str, PersonId] = field(default_factory=dict)
    left: datetime | None = None
    forgotten: bool = False
    introduced: bool = False
    told: bool = False
    shared_phone: bool | None = None
    minor: bool = False
    quiet: str = ""
    topic: datetime | None = None
    talked: datetime | None = None
    worse: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[str, str] = field(default_factory=dict)
    waiting: Waiting | None = None


class Clear(Enum):
    """Whether talks about a conflict are open to a person. No score: three words, kept apart from everything else."""

    OPEN = "open"
    NOT_OPEN = "not_open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Crisis:
    """What was recognised in words that are not kept: the kind, when, and until when the usual messages rest.

    `usual`: this person wants things to look normal, so their own reminders go on. `follow`: one neutral question
    after a day was agreed to. `also`: the fixed texts that were shown beside that of the category. `page`: since when
    the page stands open in the chat, or None. `pressed`: the buttons that were pressed, in their order.
    """

    category: str
    at: datetime
    until: datetime
    usual: bool = False
    follow: bool = False
    also: tuple[str, ...] = ()
    page: datetime | None = None
    pressed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Light:
    """A light question whether everybody is all right stands open: about which kind of danger, and since when."""

    category: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Safety:
    """What a person has told in private about being safe. It has a table and a key of its own, and is in no backup.

    `declined`: days on which the questions were declined as “no concerns”. `question`: which of them stands open;
    `worry`: one of them was answered so that talks about conflicts stay closed. `asked`: when the last round ended,
    `planned`: when the next one begins. `marks` is what the open round has to end with, and empty once it is over.
    `checked`: the subjects that a light question was asked about, and on which day; `light`: the one that stands open.
    """

    clear: Clear = Clear.UNKNOWN
    declined: tuple[str, ...] = ()
    question: int | None = None
    worry: bool = False
    marks: tuple[str, ...] = ()
    planned: datetime | None = None
    asked: datetime | None = None
    crisis: Crisis | None = None
    checked: Mapping[str, str] = field(default_factory=dict)
    light: Light | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One person or one couple (or two about to become one), and all their open runs, oldest first."""

    people: Mapping[PersonId, Person]
    runs: Mapping[str, Run]
    safety: Mapping[PersonId, Safety] = field(default_factory=dict)
