"""One's own data through the whole of the bot but its edge: read again, taken along, made bland, removed."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from itertools import count
from typing import Any

import pytest
from databases import couple
from delivery.postman import Postman
from moments import NOON, FakeTime
from sqlalchemy import Connection, text

from bot.authoring.library import compile_source, load
from bot.authoring.rehearsal import settled
from bot.delivery.clock import Clock
from bot.delivery.embedded import Embedded
from bot.delivery.port import Letter
from bot.delivery.retention import SAFETY_KEPT
from bot.delivery.sender import Sender, deliver
from bot.engine.events import Away, Button, Input, Note, PersonId, Remember, Tap, Words
from bot.engine.flow import Share
from bot.engine.library import Library
from bot.engine.run import Answer, Clear, Form, Life, Person, Run, Safety
from bot.export import EXACT, NAME, READABLE, archive
from bot.service import Handled, Incoming, Service
from bot.settings import Wrong, read_settings, shipped
from bot.store import forgetting, notes, numbers, outbox, safety, timers, traces
from bot.store.worlds import load_world, save_world
from bot.store.writer import Writer

ANN, BEN = 101, 102
"""Chats."""

DAY = timedelta(days=1)


@cache
def library() -> Library:
    loaded = load(shipped("flows"), shipped("content"))
    assert loaded.library is not None
    return loaded.library


@dataclass(slots=True)
class House:
    """A service, what it sends, and a time that is moved by hand."""

    writer: Writer
    service: Service
    sender: Sender
    postman: Postman
    time: FakeTime
    updates: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]

    async def say(self, chat: int, words: str) -> Handled:
        return await self.give(chat, Words(0, words))

    async def give(self, chat: int, given: Input) -> Handled:
        number = next(self.updates)
        message = 1000 + number if isinstance(given, Words) else None
        handled = await self.service.handle(Incoming(number, chat, "Name", "en", given, message))
        await self.send()
        return handled

    async def send(self) -> None:
        while not self.sender.stopping.is_set():
            people = await self.writer.run(lambda conn: outbox.ready(conn, self.time.now(), (), 9))
            if not people:
                break
            for person in people:
                while await deliver(self.sender, person):
                    pass

    async def run(self, job: Callable[[Connection], Any]) -> Any:
        return await self.writer.run(job)

    def letters(self, chat: int) -> list[Letter]:
        return [letter for _, letter in self.postman.letters if letter.chat == chat]

    def texts(self, chat: int) -> list[str]:
        return [letter.message.text for letter in self.letters(chat) if letter.message is not None]

    def button(self, chat: int, label: str) -> Button:
        shown = [
            one for letter in self.letters(chat) if letter.message for row in letter.message.buttons for one in row
        ]
        return next(one for one in reversed(shown) if one.label == label)

    async def tap(self, chat: int, label: str) -> Handled:
        return await self.give(chat, Tap(0, self.button(chat, label).data))

    async def pass_by(self, length: timedelta) -> None:
        until = self.time.at + length
        while (due := await self.run(timers.next_due)) is not None and due <= until:
            self.time.at = max(self.time.at, due)
            for timer in await self.run(lambda conn: timers.due(conn, self.time.at, 9)):
                await self.service.due(timer.owner, timer.key, timer.due)
            await self.send()
        self.time.at = until

    async def tables(self) -> dict[str, list[dict[str, Any]]]:
        names = ("people", "runs", "notes", "numbers", "traces", "outbox", "shown", "safety", "timers", "invitations")

        def job(conn: Connection) -> dict[str, list[dict[str, Any]]]:
            return {
                name: [dict(row) for row in conn.execute(text(f"SELECT * FROM {name}")).mappings()] for name in names
            }

        found: dict[str, list[dict[str, Any]]] = await self.run(job)
        return found


@pytest.fixture
async def house(writer: Writer, time: FakeTime) -> AsyncIterator[House]:
    """Ann and Ben, linked for long, in their chats."""
    postman = Postman(time.now)

    async def sleep(seconds: float) -> None:
        time.at += timedelta(seconds=seconds)

    service = Service(writer, library(), compile_source, now=time.now)
    pack = partial(lambda conn, person, now: archive(conn, service.library, person, now))
    sender = Sender(writer, postman, service.gone, Clock(time.now, sleep), asyncio.Event(), pack)
    made = House(writer, service, sender, postman, time)
    await made.run(_seat)
    yield made


def _seat(conn: Connection) -> None:
    ann, _ = couple(conn, ANN, BEN)
    world = load_world(conn, ann)
    people = {who: settled(one, NOON) for who, one in world.people.items()}
    safety_of = {who: Safety(Clear.OPEN, asked=NOON) for who in people}
    save_world(conn, world, replace(world, people=people, safety=safety_of), NOON)


ANN_ID, BEN_ID = 1, 2


async def forget(house: House, chat: int) -> None:
    await house.say(chat, "/forget")
    await house.tap(chat, "Yes, remove everything")
    await house.tap(chat, "Really everything")


# --- messages and their traces ----------------------------------------------------------------------------------------


async def test_messages_of_both_sides_are_noted_and_hidden(house: House) -> None:
    await house.say(ANN, "/settings")
    typed, shown = 1001, len(house.postman.letters)
    found = await house.run(lambda conn: traces.standing(conn, ANN_ID, NOON, NOON + DAY))
    assert {(one.message_id, one.ours) for one in found} == {(typed, False), (shown, True)}
    await house.say(ANN, "/hide")
    removal, kept = house.letters(ANN)[-2:]
    assert (removal.kind, removal.message_ids) == ("remove", (typed, typed + 1))
    assert (kept.kind, kept.message_id) == ("edit", shown)
    assert kept.message is not None and kept.message.text.startswith("The last messages of this chat are gone")
    assert kept.message.buttons == ()
    assert house.letters(BEN) == []


async def test_hide_goes_back_to_where_the_subject_began(house: House) -> None:
    await house.say(ANN, "/settings")
    await house.pass_by(timedelta(hours=2))
    await house.say(ANN, "/help")
    await house.say(ANN, "/hide")
    removal = next(one for one in house.letters(ANN) if one.kind == "remove")
    assert removal.message_ids == (1002, 1003), "what came before the help page stays"


# --- one's own past ---------------------------------------------------------------------------------------------------


async def test_past_answers_are_shown_to_their_person_ten_a_page(house: House) -> None:
    given = [Note(ANN_ID, "check_in", "good", f"answer {number:02}", False, NOON) for number in range(12)]
    his = [Note(BEN_ID, "check_in", "good", "his secret", True, NOON)]
    await house.run(lambda conn: notes.keep(conn, [*given, *his]))
    await house.say(ANN, "/mine")
    first = house.texts(ANN)[-1]
    assert [f"answer {number:02}" in first for number in range(12)] == [False] * 2 + [True] * 10
    assert first.index("answer 11") < first.index("answer 02")
    assert "02.03.2026" in first and "secret" not in first
    await house.tap(ANN, "Show more")
    second = house.letters(ANN)[-1]
    assert second.kind == "edit" and second.message is not None
    assert "answer 01" in second.message.text and "answer 02" not in second.message.text
    assert [one.label for row in second.message.buttons for one in row] == ["Menu"]


async def test_answers_are_kept_as_they_are_given_and_unshared_with_the_pair(house: House) -> None:
    await house.say(ANN, "/check_in")
    await house.say(ANN, "8")
    kept = await house.run(lambda conn: notes.newest(conn, ANN_ID))
    assert [(one.flow, one.words, one.shared) for one in kept] == [("check_in", "8", False)]
    shared = Note(ANN_ID, "talk_in_turns", "say", "to Ben", True, NOON)
    await house.run(lambda conn: notes.keep(conn, [shared]))
    await house.say(ANN, "/unlink")
    kept = await house.run(lambda conn: notes.newest(conn, ANN_ID))
    assert [one.words for one in kept] == ["8"]


# --- the file ---------------------------------------------------------------------------------------------------------


def talk(name: str, *answers: tuple[PersonId, str, Life]) -> Run:
    by = {who: Answer(Form.WORDS, words, Share.NOW, life, 1) for who, words, life in answers}
    flow = library().programs["check_in", library().current["check_in"]]
    return Run(
        name, "check_in", flow.structure, (ANN_ID, BEN_ID), flow.flow.first, NOON, NOON, 1, 1, answers={"good": by}
    )


async def test_the_file_holds_ones_own_and_nothing_of_anybody_else(house: House) -> None:
    def fill(conn: Connection) -> None:
        notes.keep(conn, [Note(ANN_ID, "check_in", "good", "tea, Übung", True, NOON)])
        notes.keep(conn, [Note(BEN_ID, "check_in", "good", "his note", True, NOON)])
        numbers.remember(conn, [Remember(ANN_ID, "check_in", "rate", 7, NOON)])
        world = load_world(conn, ANN_ID)
        runs = {
            "r1": talk("r1", (ANN_ID, "my open words", Life.SEALED), (BEN_ID, "his open words", Life.REVEALED)),
            "r2": talk("r2", (BEN_ID, "his alone", Life.PRIVATE)),
        }
        me = replace(world.people[ANN_ID], zone="Europe/Berlin", rhythm={"check_in": "on"}, last={"a.b": "mine"})
        told = {
            **world.safety,
            ANN_ID: Safety(Clear.NOT_OPEN, worry=True, asked=NOON, checked={"control": "2026-03-01"}),
        }
        save_world(conn, world, replace(world, people={**world.people, ANN_ID: me}, runs=runs, safety=told), NOON)

    await house.run(fill)
    await house.say(ANN, "/export")
    letter = house.letters(ANN)[-1]
    assert letter.kind == "file" and letter.enclosed is not None and letter.enclosed.name == NAME
    with zipfile.ZipFile(io.BytesIO(letter.enclosed.content)) as zipped:
        assert zipped.namelist() == [READABLE, EXACT]
        page, data = (zipped.read(name).decode() for name in (READABLE, EXACT))
    for whole in (page, data):
        for words in ("tea, Übung", "7", "my open words", "Europe/Berlin", "Ann"):
            assert words in whole, words
        for words in ("his", "Ben", "control", "not_open", "worry", "safe"):
            assert words not in whole, words
    read = json.loads(data)
    assert len(read["open"]) == 1, "a run in which only the other one has said anything is not told"
    assert (read["numbers"][0]["value"], read["reminders"]) == (7, {"check_in": "on"})
    found = await house.tables()
    assert all("tea" not in row["payload"] for row in found["outbox"]), "no copy lies in the outbox"
    (noted,) = [row for row in found["traces"] if row["message_id"] == len(house.postman.letters)]
    assert noted["media"], "it can be hidden, and never stays as the line"


# --- everything removed -----------------------------------------------------------------------------------------------


async def test_forgetting_alone_leaves_nothing_and_says_so(house: House) -> None:
    await house.say(333, "/start")
    await house.say(333, "/check_in")
    await house.say(333, "8")
    before = {row["id"] for row in (await house.tables())["people"]}
    (cleo,) = before - {ANN_ID, BEN_ID}
    await forget(house, 333)
    assert house.texts(333)[-1].startswith("Everything is removed.")
    for name, rows in (await house.tables()).items():
        for row in rows:
            owners = {row.get(column) for column in ("person", "owner", "one", "inviter")}
            assert cleo not in ({row["id"]} if name == "people" else owners), (name, row)
            assert 333 not in row.values() and "333" not in str(row.get("payload"))
    await house.say(333, "/start")
    assert house.texts(333)[-1].startswith("Hello, Name.")
    assert len((await house.tables())["people"]) == 3


async def test_the_last_words_outlive_a_fault_and_nothing_else_does(house: House) -> None:
    await house.say(333, "/start")
    await house.say(333, "/forget")
    await house.tap(333, "Yes, remove everything")
    house.sender.stopping.set()
    await house.tap(333, "Really everything")
    found = await house.tables()
    (tombstone,) = [row for row in found["people"] if row["chat"] < 0]
    assert (tombstone["chat"], "Name" in tombstone["state"]) == (-tombstone["id"], False)
    assert [row["kind"] for row in found["outbox"] if row["person"] == tombstone["id"]] == ["farewell"]
    house.sender.stopping.clear()
    await house.run(outbox.release_all)
    await house.send()
    assert house.texts(333)[-1].startswith("Everything is removed.")
    assert len((await house.tables())["people"]) == 2


async def test_the_partner_hears_of_a_forgetting_as_of_any_leaving(house: House) -> None:
    await house.run(lambda conn: notes.keep(conn, [Note(ANN_ID, "f", "s", "her words", True, NOON)]))
    heard_before = house.texts(BEN)
    await forget(house, ANN)
    assert house.texts(ANN)[-1].startswith("Everything is removed.")
    assert house.texts(BEN) == heard_before, "not a word before the delay"
    world = await house.run(lambda conn: load_world(conn, BEN_ID))
    left = world.people[ANN_ID]
    assert left == Person(ANN_ID, "Ann", partner=BEN_ID, linked=left.linked, left=left.left, forgotten=True)
    assert left.left is not None and timedelta(minutes=3) <= left.left - house.time.at <= timedelta(minutes=8)
    await house.say(ANN, "/start")
    again = [row for row in (await house.tables())["people"] if row["chat"] == ANN]
    assert again[0]["id"] not in (ANN_ID, BEN_ID), "whoever was forgotten comes back as somebody new at once"
    await house.pass_by(timedelta(minutes=9))
    (told,) = house.texts(BEN)[len(heard_before) :]
    assert told.startswith("You and your partner are no longer linked here.")
    found = await house.tables()
    assert ANN_ID not in {row["id"] for row in found["people"]}
    assert "Ann" not in str(found) and "her words" not in str(found)
    assert (await house.run(lambda conn: load_world(conn, BEN_ID))).people[BEN_ID].partner is None


async def test_unsent_answers_of_somebody_forgotten_go_at_once(house: House) -> None:
    def fill(conn: Connection) -> None:
        world = load_world(conn, ANN_ID)
        open_run = talk("r1", (ANN_ID, "her sealed words", Life.SEALED), (BEN_ID, "his words", Life.SEALED))
        open_run = replace(open_run, joined=frozenset((ANN_ID, BEN_ID)))
        save_world(conn, world, replace(world, runs={"r1": open_run}), NOON)

    await house.run(fill)
    await forget(house, ANN)
    rows = str((await house.tables())["runs"])
    assert "his words" in rows and "her sealed words" not in rows


async def test_a_blocked_chat_does_not_keep_a_tombstone(house: House, time: FakeTime) -> None:
    await house.say(333, "/start")
    person = (await house.tables())["people"][-1]["id"]

    def left_behind(conn: Connection) -> None:
        forgetting.wipe(conn, person)

    await house.run(left_behind)
    assert len((await house.tables())["people"]) == 3
    assert await house.run(forgetting.bury_all) == 1


# --- newcomers --------------------------------------------------------------------------------------------------------


async def test_too_many_newcomers_in_a_minute_are_asked_to_come_again(house: House) -> None:
    house.service.newcomers = 2
    house.time.at += timedelta(minutes=2)
    assert [(await house.say(chat, "/start")).full for chat in (401, 402, 403, 404)] == [False, False, True, True]
    assert not (await house.say(401, "/menu")).full, "who is in already is served"
    assert not (await house.give(405, Away(0))).full, "nobody reads an answer to this"
    assert {row["chat"] for row in (await house.tables())["people"]} == {ANN, BEN, 401, 402}
    house.time.at += timedelta(minutes=1)
    assert not (await house.say(403, "/start")).full


# --- how long ---------------------------------------------------------------------------------------------------------


async def test_what_is_too_old_is_let_go_every_day(house: House, writer: Writer, time: FakeTime) -> None:
    def fill(conn: Connection) -> None:
        for age in (0, 9, 11):
            notes.keep(conn, [Note(ANN_ID, "f", "s", f"{age}", False, NOON - age * DAY)])
            numbers.remember(conn, [Remember(ANN_ID, "f", "s", age, NOON - age * DAY)])
        safety.save(conn, ANN_ID, "{}", NOON - SAFETY_KEPT + timedelta(hours=1))
        safety.save(conn, BEN_ID, "{}", NOON - SAFETY_KEPT - timedelta(hours=1))

    await house.run(fill)
    embedded = Embedded(
        writer, house.postman, house.service.due, house.service.gone, time.now, time.sleep, keep=10 * DAY
    )
    running = asyncio.create_task(embedded.run())
    await time.asleep_until(NOON + DAY)
    found = await house.tables()
    assert [row["words"] for row in found["notes"]] == ["0", "9"]
    assert [row["value"].strip() for row in found["numbers"]] == ["0", "9"]
    assert [row["person"] for row in found["safety"]] == [ANN_ID]
    time.pass_by(DAY)
    await time.asleep_until(NOON + 2 * DAY)
    found = await house.tables()
    assert [row["words"] for row in found["notes"]] == ["0", "9"]
    assert found["safety"] == []
    time.pass_by(DAY)
    await time.asleep_until(NOON + 3 * DAY)
    assert [row["words"] for row in (await house.tables())["notes"]] == ["0"]
    await embedded.stop()
    await running


def test_how_long_and_how_many_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert (read_settings().keep_days, read_settings().signups_per_minute) == (180, 30)
    monkeypatch.setenv("TWOFOLD_KEEP_DAYS", "30")
    assert read_settings().keep_days == 30
    for name in ("TWOFOLD_KEEP_DAYS", "TWOFOLD_SIGNUPS_PER_MINUTE"):
        for wrong in ("0", "many"):
            monkeypatch.setenv(name, wrong)
            with pytest.raises(Wrong, match=name) as refused:
                read_settings()
            assert str(refused.value).count("\n") == 0
        monkeypatch.delenv(name)


# --- safety state -----------------------------------------------------------------------------------------------------


async def test_safety_state_comes_back_and_is_written_only_when_it_changed(house: House) -> None:
    world = await house.run(lambda conn: load_world(conn, ANN_ID))
    assert world.safety[ANN_ID] == Safety(Clear.OPEN, asked=NOON)
    before = (await house.tables())["safety"]
    await house.say(ANN, "/settings")
    assert (await house.tables())["safety"] == before
    told = Safety(Clear.NOT_OPEN, declined=("2026-03-01",), worry=True, asked=NOON)
    changed = replace(world, safety={**world.safety, ANN_ID: told})
    await house.run(lambda conn: save_world(conn, world, changed, NOON + DAY))
    assert (await house.run(lambda conn: load_world(conn, BEN_ID))).safety[ANN_ID] == told
    fewer = {BEN_ID: world.safety[BEN_ID]}
    await house.run(lambda conn: save_world(conn, changed, replace(changed, safety=fewer)))
    assert set((await house.run(lambda conn: load_world(conn, ANN_ID))).safety) == {BEN_ID}
    await house.run(lambda conn: safety.save(conn, BEN_ID, "{damaged", NOON))
    assert (await house.run(lambda conn: load_world(conn, ANN_ID))).safety == {}, "not known is not open"
