"""Two people and a bot in a box: the real service, store and sender on a new file, and a clock moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.authoring.library import Loaded, compile_source
from bot.authoring.rehearsal import settled
from bot.delivery.clock import Clock
from bot.delivery.port import Delivered, Enclosed, Letter
from bot.delivery.sender import NEW, Sender, deliver
from bot.engine.events import Attached, Attachment, Button, Input, PersonId, Tap, Words
from bot.engine.library import Library
from bot.engine.run import Clear, Safety, changed
from bot.export import archive
from bot.service import Incoming, Service
from bot.store import outbox, timers, worlds
from bot.store.database import Database, open_database
from bot.store.migrations import migrate
from bot.store.writer import Writer
from bot.terminal import phone as chat
from bot.terminal.phone import Bubble, Phone
from bot.terminal.record import Head, Line, heard, lengths

FIRST_CHAT = 101
TOGETHER = 64
"""People or timers that are looked for at once. There are two people."""

LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who takes part, as if the bot had known them for a while."""

    name: str
    pronoun: str


ANA, BEN = Player("Ana", "she"), Player("Ben", "he")


@dataclass(frozen=True, slots=True)
class News:
    """Something new on a phone. `before` is what stood in its place, for a message that only changed."""

    person: PersonId
    bubble: Bubble
    before: Bubble | None = None


class Stage:
    """A flow's people with their phones. Open it first; everything done to it returns what is new on the phones.

    `url` is an SQLite address of its own. `start` is the first moment of the virtual clock, which stands still except
    when it is moved. All methods raise StoreError where the database fails.
    """

    writer: Writer
    service: Service

    def __init__(
        self, flow: str, cast: Sequence[Player], loaded: Loaded, library: Library, url: str, start: datetime, zone: str
    ) -> None:
        self.flow = flow
        self.cast = tuple(cast)
        self.library = library
        self.loaded = loaded
        self.url = url
        self.now = self.began = start.replace(second=0, microsecond=0)
        self.zone = ZoneInfo(zone)
        self.phones: dict[PersonId, Phone] = {}
        self.lines: list[Line] = []
        self._database: Database | None = None
        self._numbers = count(1)
        self._news: list[News] = []
        self._said: list[tuple[PersonId, str]] = []
        self._behind = timedelta(0)

    async def open(self) -> None:
        """Makes the database, and the people in it: met, in this zone, linked where there are two."""
        await self._start()
        ids = await self.writer.run(self._seat)
        self.phones = {number: Phone(player.name) for number, player in zip(ids, self.cast, strict=True)}

    async def _start(self) -> None:
        migrate(self.url)
        self._database = open_database(self.url)
        self.writer = Writer(self._database)
        self.service = Service(self.writer, self.library, compile_source, now=lambda: self.now)
        programs = self.library.programs
        await self.service.publish(
            (flow, structure, programs[flow, structure].wording, source)
            for (flow, structure), source in self.loaded.sources.items()
        )

    def _seat(self, conn: Connection) -> list[PersonId]:
        ids = [
            worlds.person_of(conn, chat_number, player.name, LANGUAGE, self.now)
            for chat_number, player in enumerate(self.cast, FIRST_CHAT)
        ]
        before = worlds.load_world(conn, ids[0], also=ids[-1])
        people = dict(before.people)
        for number, player in zip(ids, self.cast, strict=True):
            partner = next((other for other in ids if other != number), None)
            known = changed(people[number], zone=self.zone.key, pronoun=player.pronoun, partner=partner)
            people[number] = settled(known, self.now)
        safety = {number: Safety(Clear.OPEN, asked=self.now) for number in ids}
        worlds.save_world(conn, before, replace(before, people=people, safety=safety))
        return ids

    async def close(self) -> None:
        if self._database is not None:
            await self.writer.close()
            self._database.close()
            self._database = None

    # --- what people do -----------------------------------------------------------------------------------------------

    async def say(self, person: PersonId, words: str) -> list[News]:
        """This person writes something, a command too."""
        number = self._wrote(person, words)
        return await self._given(person, Words(0, words), (self.phones[person].name, words), number)

    async def tap(self, person: PersonId, button: Button) -> list[News]:
        """This person taps a button. One that opens a page does nothing here: show its address instead."""
        line = (self.phones[person].name, chat.label_of(button))
        return await self._given(person, Tap(0, button.data), line)

    async def attach(self, person: PersonId, what: Attached) -> list[News]:
        """This person sends a voice message or a photo. A test has no line for it, so a talk with one does not play."""
        number = self._wrote(person, "", what)
        line = (f"# {self.phones[person].name}", what.value)
        return await self._given(person, Attachment(0, what, what.value), line, number)

    async def leave(self, person: PersonId) -> list[News]:
        """This person blocks the bot."""
        self._begin(("leaves", self.phones[person].name))
        await self.service.gone(person)
        return await self._end()

    def _wrote(self, person: PersonId, words: str, what: Attached | None = None) -> int:
        number = next(self._numbers)
        self.phones[person] = chat.wrote(self.phones[person], number, words, self.now, what)
        return number

    async def _given(self, person: PersonId, given: Input, line: Line, number: int | None = None) -> list[News]:
        self._begin(line)
        player = self.cast[list(self.phones).index(person)]
        chat_number = FIRST_CHAT + list(self.phones).index(person)
        incoming = Incoming(next(self._numbers), chat_number, player.name, LANGUAGE, given, number)
        handled = await self.service.handle(incoming)
        if handled.toast:
            toast, _ = chat.visible(handled.toast, ())
            self.phones[person] = replace(self.phones[person], toast=toast)
            self.lines.append((f"bot to {player.name}", toast))
        return await self._end()

    # --- time ---------------------------------------------------------------------------------------------------------

    async def next_timer(self) -> datetime | None:
        """When the next timer is due."""
        return await self.writer.run(timers.next_due)

    async def pass_time(self, length: timedelta) -> list[News]:
        """Time runs; timers fire in order, each at its own moment."""
        self._begin(*(("pass", words) for words in lengths(length)))
        await self._run_until(self.now + length)
        return await self._end(quiet=True)

    async def sleep(self, length: timedelta) -> list[News]:
        """The bot is off for so long: nothing fires, and everything that was due fires late afterwards."""
        self._begin(*(("sleeps", words) for words in lengths(length)))
        self.now += length
        await self._run_until(self.now)
        return await self._end(quiet=True)

    async def to_next_timer(self) -> list[News] | None:
        """The clock jumps to the next timer, on to a full minute. None where no timer is set."""
        due = await self.next_timer()
        if due is None:
            return None
        minutes = -((self.now - due) // timedelta(minutes=1))
        return await self.pass_time(timedelta(minutes=max(minutes, 0)))

    async def _run_until(self, until: datetime) -> None:
        while (due := await self.next_timer()) is not None and due <= until:
            self.now = max(self.now, due)
            for timer in await self.writer.run(lambda conn: timers.due(conn, self.now, TOGETHER)):
                await self.service.due(timer.owner, timer.key, timer.due)
                await self._deliver()
        self.now = until

    async def restart(self, loaded: Loaded | None = None) -> list[News]:
        """The bot ends and starts again on the same database; with these flows, if they have no error."""
        self._begin(("restart", "bot"))
        await self.close()
        if loaded is not None and loaded.library is not None:
            self.loaded, self.library = loaded, loaded.library
        await self._start()
        await self._run_until(self.now)
        return await self._end()

    # --- what the bot sends -------------------------------------------------------------------------------------------

    async def post(self, letter: Letter) -> Delivered:
        """Takes one letter of the sender onto its phone: the stage is the messenger."""
        person = list(self.phones)[letter.chat - FIRST_CHAT]  # whoever is forgotten comes back under another number
        phone = self.phones[person]
        number = next(self._numbers) if letter.message_id is None else letter.message_id
        before = next((one for one in phone.bubbles if one.id == number), None)
        phone = self.phones[person] = chat.received(phone, number, letter, self.now)
        if letter.kind == "remove":
            return Delivered(0, media=False)
        after = next(one for one in phone.bubbles if one.id == number)
        self._news.append(News(person, after, before))
        if letter.kind in NEW or letter.instead:
            self._said.append((person, after.text))
        return Delivered(number, media=after.media is not None or letter.enclosed is not None)

    async def _deliver(self) -> None:
        # The sender keeps to the messenger's limits on a clock of its own: its waits pass at once, and are forgotten.
        self._behind = timedelta(0)
        clock = Clock(lambda: self.now + self._behind, self._rest)
        sender = Sender(self.writer, self, self.service.gone, clock, asyncio.Event(), self._pack)
        while people := await self.writer.run(lambda conn: outbox.ready(conn, self.now, (), TOGETHER)):
            for person in people:
                while await deliver(sender, person):
                    pass

    def _pack(self, conn: Connection, person: PersonId, now: datetime) -> Enclosed:
        return archive(conn, self.library, person, now)

    async def _rest(self, seconds: float) -> None:
        self._behind += timedelta(seconds=seconds)

    # --- the record ---------------------------------------------------------------------------------------------------

    def _begin(self, *lines: Line) -> None:
        self.lines += lines
        self.phones = {person: replace(phone, toast="") for person, phone in self.phones.items()}
        self._news, self._said = [], []

    async def _end(self, *, quiet: bool = False) -> list[News]:
        await self._deliver()
        read = {phone.name: [text for to, text in self._said if to == person] for person, phone in self.phones.items()}
        self.lines += heard(read)
        if quiet and not self._said:
            self.lines.append(("silence", "both" if len(self.cast) == 2 else self.cast[0].name))
        return self._news

    def head(self, test: str) -> Head:
        """What stands above this talk when it is kept as a test."""
        program = self.library.newest(self.flow)
        roles = program.flow.roles if program is not None and program.flow.roles else ("person",)
        names = dict(zip(roles, (player.name for player in self.cast), strict=True))
        pronouns = {player.name: player.pronoun for player in self.cast}
        return Head(test, self.flow, names, pronouns, self.began, self.zone)

    async def talk(self) -> list[Line]:
        """The record so far, with where the conversation stands at its end."""
        first = next(iter(self.phones))
        try:
            world = await self.writer.run(lambda conn: worlds.load_world(conn, first))
        except LookupError:  # this one had everything removed
            return [*self.lines, ("at", "end")]
        standing = [run.step for run in world.runs.values() if run.flow == self.flow]
        return [*self.lines, ("at", standing[-1] if standing else "end")]
