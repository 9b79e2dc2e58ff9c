"""What a flow is: the definition a therapist wrote, with the place of every word.

Nothing in here knows who is talking, where they stand or what time it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import Enum

END = "end"
"""The one reserved target of a row: the flow is over."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file. Line and column count from 1, as editors do; `width` is in characters."""

    file: str
    line: int
    column: int
    width: int = 1


class Kind(Enum):
    """Which gate the engine keeps before a flow for two."""

    LIGHT = "light"
    CONFLICT = "conflict"
    PAUSE = "pause"


class Share(Enum):
    """Who may read an answer. What the person saw when answering is kept with the answer for ever."""

    PRIVATE = "private"
    WHEN_BOTH = "when_both"
    NOW = "now"


class Who(Enum):
    """Words for `who` that are not a role."""

    BOTH = "both"
    ANYONE = "anyone"


class Quantity(Enum):
    """Whose answer a row about a question for both means."""

    BOTH = "both"
    EITHER = "either"


class Style(Enum):
    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"  # what people copy, such as a number; no text of an author can ask for it


@dataclass(frozen=True, slots=True)
class Literal:
    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class ReaderName:
    """`{name}`"""


@dataclass(frozen=True, slots=True)
class PartnerName:
    """`{partner}`"""


@dataclass(frozen=True, slots=True)
class RoleName:
    """`{speaker}`"""

    role: str


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """`{speak}`, `{partner.gratitude}`, `{speaker.gratitude}`, `{turn_one.feeling}`.

    `of` is None (the one asked, or the reader's own if both were asked), "partner" or a role.
    `part` is the step that ran the part in which the answer was given, or None.
    """

    step: str
    of: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class EndsValue:
    """`{pause.ends}`: the clock time at which that wait ends."""

    step: str


@dataclass(frozen=True, slots=True)
class FlowValue:
    """`{setup.signal}`: the reader's last answer in another flow."""

    flow: str
    step: str


@dataclass(frozen=True, slots=True)
class GivenValue:
    """A value that the engine hands to one of its own phrases: `{title}`, `{words}`."""

    name: str


Subject = ReaderName | PartnerName | RoleName | AnswerValue | EndsValue | FlowValue | GivenValue


@dataclass(frozen=True, slots=True)
class Value:
    subject: Subject
    style: Style
    mark: Mark


@dataclass(frozen=True, slots=True)
class Select:
    """`{caller: he himself | she herself | other themselves}`; cases always hold `other`. Cases do not nest selects."""

    subject: Subject
    cases: Mapping[str, tuple[Literal | Value | Count, ...]]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Count:
    """`#` inside a select about a number: the number."""

    style: Style = Style.PLAIN


Piece = Literal | Value | Select


@dataclass(frozen=True, slots=True)
class Wording:
    """One text as pieces, in reading order."""

    pieces: tuple[Piece, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Text:
    """One text, or several of which one is used (`one_of`)."""

    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `length` is set where the name is a length of time."""

    name: str
    label: Text
    mark: Mark
    length: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """One of some buttons, or with `up_to` above 1 several of them."""

    options: tuple[Choice, ...]
    up_to: int = 1


@dataclass(frozen=True, slots=True)
class Scale:
    low: int
    high: int


class Open(Enum):
    """Open answers."""

    TEXT = "text"
    VOICE = "voice"
    PHOTO = "photo"
    TIME = "time"
    DATE = "date"


Expected = Choices | Scale | Open


@dataclass(frozen=True, slots=True)
class AnswerRef:
    """An answer in a condition: `step`, `role.step` or (flows for one) `flow.step`."""

    step: str
    role: str | None = None
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """`closeness < 4`; literal is a number, a choice name or `skipped`. op: = != < <= > >="""

    answer: AnswerRef
    op: str
    literal: int | str
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Member:
    answer: AnswerRef
    literals: tuple[int | str, ...]
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple[Condition, ...]


Condition = Compare | Member | Not | And | Or


@dataclass(frozen=True, slots=True)
class Otherwise:
    pass


@dataclass(frozen=True, slots=True)
class Skipped:
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Visited:
    """`second time`, `third time`: this step is entered for at least that time in this run."""

    times: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    after: timedelta


@dataclass(frozen=True, slots=True)
class Is:
    """A choice name, or one number of a scale as digits."""

    value: str
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Between:
    low: int
    high: int
    quantity: Quantity | None = None


Test = Otherwise | Skipped | Visited | NoAnswer | Is | Between | Compare | Member | Not | And | Or


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: the first row whose test holds wins. `target` is a step or `end`."""

    test: Test
    target: str
    mark: Mark
    target_mark: Mark


@dataclass(frozen=True, slots=True)
class Say:
    text: Text


@dataclass(frozen=True, slots=True)
class Wait:
    """`length` is a length of time, or the name of a question whose choices are lengths of time."""

    length: timedelta | str
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    text: Text
    expects: Expected
    share: Share = Share.PRIVATE
    meanwhile: Text | None = None
    remind: tuple[timedelta, ...] = ()


class Part(Enum):
    """The closed list of parts that the bot brings itself. Packs cannot add any."""

    HELP_LINES = "bot.help_lines"
    BREATHE = "bot.breathe"
    DRAW_FIRST = "bot.draw_first"
    UPSET = "bot.upset"
    OVERLAP = "bot.overlap"


@dataclass(frozen=True, slots=True)
class Call:
    """`run`: another flow by name, or a part of the bot."""

    target: str | Part
    meanwhile: Text | None = None


Action = Say | Wait | Ask | Call


@dataclass(frozen=True, slots=True)
class Media:
    """A file of the pack, or with `chart_of` a chart of that answer. `alt` says the same in words."""

    file: str | None
    chart_of: str | None
    alt: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Step:
    """`who` is a role, a `Who`, or None in a flow for one. No rows: the step below follows."""

    name: str
    action: Action
    mark: Mark
    who: str | Who | None = None
    card: str | None = None
    media: Media | None = None
    rows: tuple[Row, ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Every:
    """`day at 21:00`: the days of the week (0 is Monday) and the local time."""

    days: frozenset[int]
    at: time


@dataclass(frozen=True, slots=True)
class Flow:
    """What the author wrote. `roles` is empty in a flow for one. Steps are in the order of the file."""

    name: str
    steps: Mapping[str, Step]
    mark: Mark
    title: str | None = None
    about: str | None = None
    kind: Kind | None = None
    roles: tuple[str, ...] = ()
    alone: str | None = None
    every: Every | None = None
    words: tuple[str, ...] = ()
    card: str | None = None
    order: tuple[str, ...] = field(default=())

    @property
    def for_two(self) -> bool:
        return bool(self.roles)

    @property
    def first(self) -> str:
        return self.order[0]

    def below(self, step: str) -> str:
        """The step under this one, or `end` under the last."""
        at = self.order.index(step) + 1
        return self.order[at] if at < len(self.order) else END
