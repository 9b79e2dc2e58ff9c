"""The two ports of delivery: `Post` hands a letter to the messenger, `Wake` says that there is work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlalchemy import Connection

from bot.engine.events import Arm, Message, PersonId

Kind = Literal["send", "edit", "strip", "remove", "file"]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that is made when it is sent, and kept nowhere. `words` stand below it."""

    name: str
    content: bytes = field(repr=False)
    words: str = field(repr=False)


Pack = Callable[[Connection, PersonId, datetime], Enclosed]
"""Makes the file with everything the bot holds about this person."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way.

    `send` is a new message and has no `message_id`. `edit` turns message `message_id` into `message`; `strip` only
    takes its buttons away and has no `message`. `remove` takes the messages `message_ids` out of the chat, at most 100
    of them; those that cannot be taken are skipped. `file` is a new message with `enclosed`. `instead` says that an
    edit was asked for by a question that will be sent as a new message if the old one cannot be edited. `shown_media`
    says whether the message to be edited holds a picture or a voice note. `chart` holds the points of a message whose
    media is a `Chart`, oldest first. `unasked` letters are invitations: they make no sound.
    """

    person: int
    chat: int
    kind: Kind
    tag: str
    instead: bool
    message: Message | None
    message_id: int | None = None
    shown_media: bool = False
    chart: Sequence[tuple[datetime, int]] | None = None
    unasked: bool = False
    message_ids: tuple[int, ...] = ()
    enclosed: Enclosed | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The messenger has it. `media`: the message holds a picture, a voice note or a file. A removal's number is 0."""

    message_id: int
    media: bool


@dataclass(frozen=True, slots=True)
class TooFast:
    """The messenger asks us to wait (429)."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or one that may be better later (5xx, a time-out, no network). `reason` holds no words of people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The person blocked the bot or left (403)."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The messenger will never take this letter (400). `reason` is the messenger's own sentence."""

    reason: str


Posted = Delivered | TooFast | Failed | Gone | Wrong


class Post(Protocol):
    """Hands one letter to the messenger. Does not retry and does not raise: what happened is the value."""

    async def post(self, letter: Letter) -> Posted: ...


class Wake(Protocol):
    """Says that there is work, twice: where it is written down, and when that is durable."""

    def leave(self, conn: Connection, people: Mapping[PersonId, bool], armed: Collection[Arm]) -> None:
        """Called inside the transaction that leaves messages or timers, with the people who are written to (and
        whether by nothing but invitations) and the timers that were set. Runs in the store's thread."""

    def wake(self) -> None:
        """Called after a commit that left messages or timers. Returns at once; must be called from the event loop."""
