"""THE door: handle(input). One input, one transaction: a new world, its messages and its timers, or nothing at all."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from bot.delivery.port import Wake
from bot.engine.events import (
    Arm,
    Arrived,
    Away,
    Disarm,
    Due,
    Edit,
    Effect,
    Input,
    Invite,
    Message,
    PersonId,
    Refused,
    Remember,
    Send,
    Words,
)
from bot.engine.library import Library
from bot.engine.machine import Program
from bot.engine.run import Person, World
from bot.engine.saved import Damaged
from bot.engine.text import Page, render
from bot.engine.turn import take_turn
from bot.store import inbox, links, numbers, outbox, timers, versions, worlds
from bot.store.database import StoreError
from bot.store.writer import Writer

log = structlog.get_logger()

_OPENED = re.compile(r"/start(?:@\w+)? ([\w-]{1,64})", re.ASCII)

Compile = Callable[[str, str, Library], Program]
"""The source of an old version, its name for findings, and the library, as a program."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What arrived from the messenger: `given` says what, its person (`by`) still 0; `chat` says from where."""

    update: int
    chat: int
    name: str
    language: str
    given: Input


@dataclass(frozen=True, slots=True)
class Handled:
    """The input is durable, or was refused for good. `toast` is a short line for the tap that brought it; `repeated`
    says that the input was handled before, its tap answered then."""

    toast: str = ""
    repeated: bool = False


Handle = Callable[[Incoming], Awaitable[Handled]]
"""Returns after the commit. Raises only if nothing was committed and the input must be delivered again."""


class Silent:
    """Nobody to wake: whoever sends looks for work alone."""

    def wake(self) -> None:
        return


def utc_now() -> datetime:
    return datetime.now(UTC)


def phrase(library: Library, key: str) -> str:
    """One of the bot's own texts that names nobody."""
    return render(library.phrases[key].wordings[0], Page(Person(0, ""), None, utc_now(), library.phrases)).text


class Service:
    """Handles inputs one transaction each. Knows the store and the engine, and nothing of Telegram."""

    def __init__(
        self,
        writer: Writer,
        library: Library,
        compile_old: Compile,
        *,
        now: Callable[[], datetime] = utc_now,
        wake: Wake | None = None,
    ) -> None:
        self.writer = writer
        self.library = library
        self.compile_old = compile_old
        self.now = now
        self.wake: Wake = Silent() if wake is None else wake

    # --- the three kinds of input ---

    async def handle(self, incoming: Incoming) -> Handled:
        """Something a person did. Returns after the commit; an update that was handled before changes nothing.

        An input that cannot be handled is put aside, and its person is told. Raises StoreError when nothing could be
        kept at all: then the update has to be delivered again.
        """
        try:
            handled = await self.writer.run(lambda conn: self._arrived(conn, incoming))
        except StoreError:
            raise
        except Exception as error:  # one poisonous update may not block a couple
            reason = _where(error)
            log.error("quarantined", update=incoming.update, reason=reason)
            await self.writer.run(lambda conn: self._put_aside(conn, incoming, reason))
            handled = Handled()
        self.wake.wake()
        return handled

    async def due(self, person: PersonId, key: str, due: datetime) -> None:
        """A timer's moment has come. A stale wake-up does nothing; one that cannot be handled is put aside."""
        try:
            await self.writer.run(lambda conn: self._fired(conn, person, key))
        except StoreError:
            raise
        except Exception as error:
            log.error("timer put aside", person=person, reason=_where(error))
            await self.writer.run(lambda conn: timers.take(conn, key, self.now()))
        self.wake.wake()

    async def gone(self, person: PersonId) -> None:
        """The messenger says that this person cannot be reached any more."""
        await self.writer.run(lambda conn: self._turn(conn, Away(person), self.now()))
        self.wake.wake()

    # --- inside a transaction ---

    def _arrived(self, conn: Connection, incoming: Incoming) -> Handled:
        now = self.now()
        if not inbox.first_time(conn, incoming.update, now):
            return Handled(repeated=True)
        person = worlds.person_of(conn, incoming.chat, incoming.name, incoming.language, now)
        given: Input = replace(incoming.given, by=person)
        also = None
        if isinstance(given, Words) and (opened := _OPENED.fullmatch(given.words.strip())):
            link, also = links.open_link(conn, opened[1], person, now)
            given = Arrived(person, link, also)
        return self._turn(conn, given, now, also)

    def _fired(self, conn: Connection, person: PersonId, key: str) -> None:
        now = self.now()
        due = timers.take(conn, key, now)
        if due is not None:
            self._turn(conn, Due(person, key, due), now)

    def _turn(self, conn: Connection, given: Input, now: datetime, also: PersonId | None = None) -> Handled:
        """Load, take the turn, save what changed: the one place where a world moves."""
        before = worlds.load_world(conn, given.by, also)
        chance = secrets.randbits(128)
        outcome = take_turn(self._library(conn, before), before, given, now, chance)
        if isinstance(outcome, Refused):
            log.info("refused", person=given.by, why=outcome.why.value)
            return Handled(outcome.toast)
        after, result = outcome
        worlds.save_world(conn, before, after)
        _keep(conn, after, result.effects, f"{chance:032x}", now)
        return Handled(result.toast)

    def _library(self, conn: Connection, world: World) -> Library:
        """The library with every version that somebody in this world is inside of; old ones come from the store."""
        wanted = {(run.flow, run.structure) for run in world.runs.values()}
        wanted |= {pair for run in world.runs.values() for pair in run.lock.items()}
        missing = [pair for pair in wanted if pair not in self.library.programs]
        if missing:
            programs = dict(self.library.programs)
            for flow, structure in missing:
                source = versions.source_of(conn, flow, structure)
                if source is None:
                    raise Damaged("a conversation stands in a version that is not stored")
                programs[flow, structure] = self.compile_old(source, f"{flow}@{structure}", self.library)
            self.library = replace(self.library, programs=programs)
        return self.library

    def _put_aside(self, conn: Connection, incoming: Incoming, reason: str) -> None:
        now = self.now()
        inbox.quarantine(conn, incoming.update, reason, now)
        person = worlds.person_of(conn, incoming.chat, incoming.name, incoming.language, now)
        # Words that need nothing of a world that may not be readable.
        words = Message(phrase(self.library, "quarantined"))
        outbox.put(conn, [(f"q{incoming.update}", Send(person, words))], now)

    async def publish(self, sources: Iterable[tuple[str, str, str, str]]) -> None:
        """Keeps every version (flow, structure, wording, source), so that an edit strands nobody."""

        def job(conn: Connection) -> None:
            for flow, structure, wording, source in sources:
                versions.publish(conn, flow, structure, wording, source, self.now())

        await self.writer.run(job)


def _keep(conn: Connection, after: World, effects: Iterable[Effect], stamp: str, now: datetime) -> None:
    """Writes the effects of a turn. Who has left is sent nothing; a timer dropped after it was set is never set."""
    letters: list[tuple[str, Send | Edit]] = []
    armed: dict[str, Arm] = {}
    dropped: list[str] = []
    remembered: list[Remember] = []
    for number, effect in enumerate(effects):
        match effect:
            case Send(to=to) | Edit(to=to):
                if not after.people[to].away:
                    letters.append((f"{stamp}:{number}", effect))
            case Arm(key=key):
                armed[key] = effect
            case Disarm(prefix):
                dropped.append(prefix)
                armed = {key: one for key, one in armed.items() if not key.startswith(prefix)}
            case Invite(by, token, expires):
                links.issue(conn, by, token, expires)
            case Remember():
                remembered.append(effect)
    outbox.put(conn, letters, now)
    for prefix in dict.fromkeys(dropped):
        timers.disarm(conn, prefix)
    if armed:
        timers.arm(conn, armed.values())
    if remembered:
        numbers.remember(conn, remembered)


def _where(error: BaseException) -> str:
    """What went wrong and in which line of ours, without a word of anybody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__} at {place}"
