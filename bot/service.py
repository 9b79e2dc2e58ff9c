"""THE door: handle(input). One input, one transaction: a new world, its messages and its timers, or nothing at all."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

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
    Returned,
    Send,
    Tidy,
    Unshare,
    Words,
)
from bot.engine.library import Library
from bot.engine.machine import Program
from bot.engine.own_data import PAGE, past
from bot.engine.run import Person, World
from bot.engine.saved import Damaged
from bot.engine.text import Page, render
from bot.engine.turn import take_turn
from bot.store import forgetting, inbox, links, notes, numbers, outbox, timers, traces, versions, worlds
from bot.store.database import StoreError
from bot.store.writer import Writer

log = structlog.get_logger()

MINUTE = timedelta(minutes=1)
"""The time within which newcomers are counted."""

_OPENED = re.compile(r"/start(?:@\w+)? ([\w-]{1,64})", re.ASCII)

Compile = Callable[[str, str, Library], Program]
"""The source of an old version, its name for findings, and the library, as a program."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What arrived from the messenger: `given` says what, its person (`by`) still 0; `chat` says from where.

    `message` is the messenger's number of the person's own message, where the input is one.
    """

    update: int
    chat: int
    name: str
    language: str
    given: Input
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """The input is durable, or was refused for good. `toast` is a short line for the tap that brought it; `repeated`
    says that the input was handled before, its tap answered then; `full` that somebody new was not taken in, because
    too many came in the last minute."""

    toast: str = ""
    repeated: bool = False
    full: bool = False


Handle = Callable[[Incoming], Awaitable[Handled]]
"""Returns after the commit. Raises only if nothing was committed and the input must be delivered again."""


class Silent:
    """Nobody to wake: whoever sends looks for work alone."""

    def leave(self, conn: Connection, people: Mapping[PersonId, bool], armed: Collection[Arm]) -> None:
        return

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
        newcomers: int | None = None,
    ) -> None:
        self.writer = writer
        self.library = library
        self.compile_old = compile_old
        self.now = now
        self._destroyed = False
        self.wake: Wake = Silent() if wake is None else wake
        self.newcomers = newcomers

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
        await self._settle()
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
        await self._settle()

    async def gone(self, person: PersonId) -> None:
        """The messenger says that this person cannot be reached any more."""
        await self.writer.run(lambda conn: self._turn(conn, Away(person), self.now()))
        await self._settle()

    async def _settle(self) -> None:
        """What follows a commit: who sends is woken, and what was destroyed leaves the disk."""
        self.wake.wake()
        if self._destroyed:
            self._destroyed = False
            await self.writer.scrub()

    # --- inside a transaction ---

    def _arrived(self, conn: Connection, incoming: Incoming) -> Handled:
        now = self.now()
        if not inbox.first_time(conn, incoming.update, now):
            return Handled(repeated=True)
        if self._full(conn, incoming.chat, now):
            log.warning("newcomer_turned_away")
            return Handled(full=not isinstance(incoming.given, Away | Returned))
        person = _person(conn, incoming, now)
        given: Input = replace(incoming.given, by=person)
        also = None
        if isinstance(given, Words) and (opened := _OPENED.fullmatch(given.words.strip())):
            link, also = links.open_link(conn, opened[1], person, now)
            given = Arrived(person, link, also)
        return self._turn(conn, given, now, also)

    def _full(self, conn: Connection, chat: int, now: datetime) -> bool:
        """Whether this chat is new and as many as may come in a minute have come."""
        if self.newcomers is None or worlds.knows(conn, chat):
            return False
        return worlds.newcomers(conn, MINUTE, now) >= self.newcomers

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
        worlds.save_world(conn, before, after, now)
        self._destroyed = self._destroyed or _destroys(before, after, result.effects)
        self.wake.leave(conn, *_keep(conn, self.library, after, result.effects, f"{chance:032x}", now))
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
        if self._full(conn, incoming.chat, now):
            return
        person = _person(conn, incoming, now)
        # Words that need nothing of a world that may not be readable.
        words = Message(phrase(self.library, "quarantined"))
        outbox.put(conn, [(f"q{incoming.update}", Send(person, words))], now)
        self.wake.leave(conn, {person: False}, ())

    async def publish(self, sources: Iterable[tuple[str, str, str, str]]) -> None:
        """Keeps every version (flow, structure, wording, source), so that an edit strands nobody."""

        def job(conn: Connection) -> None:
            for flow, structure, wording, source in sources:
                versions.publish(conn, flow, structure, wording, source, self.now())

        await self.writer.run(job)


def _person(conn: Connection, incoming: Incoming, now: datetime) -> PersonId:
    """Who this is. Their message is noted, so that it can be taken out of the chat."""
    person = worlds.person_of(conn, incoming.chat, incoming.name, incoming.language, now)
    if incoming.message is not None:
        traces.note(conn, person, incoming.message, now, ours=False)
    return person


def _keep(
    conn: Connection, library: Library, after: World, effects: Iterable[Effect], stamp: str, now: datetime
) -> tuple[Mapping[PersonId, bool], Collection[Arm]]:
    """Writes the effects of a turn. Who has left is sent nothing; a timer dropped after it was set is never set.

    Gives what `Wake.leave` wants to know.
    """
    letters: list[tuple[str, outbox.Sendable]] = []
    armed: dict[str, Arm] = {}
    dropped: list[str] = []
    remembered: list[Remember] = []
    noted: list[Note] = []
    forgotten: list[tuple[str, Forget]] = []
    for number, effect in enumerate(effects):
        key = f"{stamp}:{number}"
        match effect:
            case Send(to=to) | Edit(to=to) | Tidy(to=to) | Export(to=to):
                if _reached(after, to):
                    letters.append((key, effect))
            case Recall(to, page):
                shown = notes.newest(conn, to, PAGE + 1, page * PAGE)
                message = past(library, after.people[to], shown, page, now)
                letters.append((key, Send(to, message, "mine", instead=page > 0)))
            case Arm(key=name):
                armed[name] = effect
            case Disarm(prefix):
                dropped.append(prefix)
                armed = {name: one for name, one in armed.items() if not name.startswith(prefix)}
            case Invite(by, token, expires):
                links.issue(conn, by, token, expires)
            case Remember():
                remembered.append(effect)
            case Note():
                noted.append(effect)
            case Retract():
                notes.retract(conn, effect)
            case Unshare(of):
                notes.unshare(conn, of)
            case Forget():
                forgotten.append((key, effect))
            case _:
                assert_never(effect)
    outbox.put(conn, letters, now)
    for prefix in dict.fromkeys(dropped):
        timers.disarm(conn, prefix)
    if armed:
        timers.arm(conn, armed.values())
    if remembered:
        numbers.remember(conn, remembered)
    if noted:
        notes.keep(conn, noted)
    for key, one in forgotten:
        _forget(conn, key, one, now)
    people = dict.fromkeys((one.of for _, one in forgotten), False)
    for _, letter in letters:
        invited = isinstance(letter, Send) and letter.unasked
        people[letter.to] = people.get(letter.to, True) and invited
    return people, armed.values()


def _reached(world: World, person: PersonId) -> bool:
    return not world.people[person].away and not world.people[person].forgotten


def _forget(conn: Connection, key: str, forget: Forget, now: datetime) -> None:
    """Comes after everything else of the turn, so that nothing of it stays. The farewell holds the chat's number."""
    chat = forgetting.chat_of(conn, forget.of)
    forgetting.wipe(conn, forget.of)
    if forget.farewell is not None:
        outbox.put_farewell(conn, key, forget.of, chat, forget.farewell, now)
    if forget.wholly:
        forgetting.bury(conn, forget.of)


def _destroys(before: World, after: World, effects: Iterable[Effect]) -> bool:
    """Whether words are gone for good that are kept nowhere else: typed danger, sealed answers, a whole person."""
    waited = any(
        one.waiting is not None and after.people[person].waiting is None for person, one in before.people.items()
    )
    over = any(len(run.cast) > 1 and key not in after.runs for key, run in before.runs.items())
    return waited or over or any(isinstance(one, Forget) for one in effects)


def _where(error: BaseException) -> str:
    """What went wrong and in which line of ours, without a word of anybody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__} at {place}"
