"""Somebody leaves a talk in the middle, for whatever reason: the other one reads one neutral text, minutes later."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta

from telegram_server import Message, Person, TelegramServer

from .pair import TOPIC, Seats, acquaint, seat
from .phone import PATIENCE, from_bot
from .process import Copy
from .stored import DELAY, later, readable

LANDING = "We stop here for now"
MARK = "figsandhoney"
"""A word that the bot does not know, in what somebody types."""


# --- every reason looks the same --------------------------------------------------------------------------------------


async def stop(person: Person) -> None:
    await person.send("/stop")
    await person.sees("Stopped.", PATIENCE)


async def unlink(person: Person) -> None:
    await person.send("/unlink")
    await person.sees("You are no longer linked", PATIENCE)


async def forget(person: Person) -> None:
    """Asked twice; nothing goes before the second yes."""
    await person.send("/forget")
    await person.tap("Yes, remove everything", timeout=PATIENCE)
    await person.sees("Really everything? I cannot bring it back", PATIENCE)
    await person.tap("Really everything")
    await person.sees("Everything is removed", PATIENCE)


async def danger(person: Person) -> None:
    await person.send(f"he hits me every day, {MARK}")
    await person.sees("call 112 or 911", PATIENCE)


async def block(person: Person) -> None:
    await person.block()


async def vanish(person: Person) -> None:
    """The bot is not told, and finds out by the 403 to what it sends next."""
    await person.delete_account()


WAYS: dict[str, Callable[[Person], Awaitable[None]]] = {
    "Stan": stop,
    "Uma": unlink,
    "Fay": forget,
    "Dora": danger,
    "Bo": block,
    "Vera": vanish,
}


async def test_whatever_the_reason_the_other_one_reads_the_same(server: TelegramServer, bot: Copy) -> None:
    """Six couples. Whoever stays goes on as if nothing were, is answered as always, and lands softly minutes later."""
    talks = {}
    for name in WAYS:
        leaver, stayer = server.person(name), server.person(f"{name}s partner")
        await acquaint(server, bot, leaver, stayer, linked=True)
        talks[name] = seat(bot, stayer, leaver)
    await bot.start()
    await asyncio.gather(*(WAYS[name](talk.listener) for name, talk in talks.items()))
    heard = {name: len(talk.listener.log) for name, talk in talks.items()}
    await asyncio.gather(*(speaks(talk.speaker) for talk in talks.values()))
    await bot.says("person_gone")
    await server.settled()
    await later(server, bot, DELAY)
    await asyncio.gather(*(talk.speaker.sees("What would be kind to your body", PATIENCE) for talk in talks.values()))
    await server.settled()
    read = {name: as_read(talk) for name, talk in talks.items()}
    told = read.pop("Vera")  # their words were on the way to somebody who is not there
    assert all(one == read["Stan"] for one in read.values()), read
    assert told[-2:] == read["Stan"][-2:]
    assert [len(talks[name].listener.log) - heard[name] for name in WAYS] == [0] * len(WAYS)
    assert await bot.stop() == 0
    assert refused(server) == 1
    assert bot.rows("SELECT count(*) FROM runs WHERE two IS NOT NULL") == [(0,)]
    assert server.violations == [] and MARK not in bot.said


async def speaks(speaker: Person) -> None:
    await speaker.send("I felt alone.")
    await speaker.tap("Send", timeout=PATIENCE)


def as_read(talk: Seats) -> list[str]:
    """What the one who stayed has read, with the buttons, and without the names."""
    names = re.compile("|".join(re.escape(one.user.first_name) for one in (talk.speaker, talk.listener)))
    return [names.sub("NAME", f"{one.words} {one.buttons}") for one in from_bot(talk.speaker)]


def refused(server: TelegramServer) -> int:
    """How many messages and edits the bot sent that never reached a phone."""
    sent = sum(count for method, count in server.calls.items() if method.startswith(("send", "edit")))
    return sent - sum(event.kind in ("bot", "edited") for event in server.log)


# --- what is left -----------------------------------------------------------------------------------------------------


async def test_everything_of_somebody_is_removed_in_the_middle(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    """At once all but what the other one has read; that, too, when they have heard. A stranger may come meanwhile."""
    talk = seat(bot, *couple)
    leaver = talk.speaker
    [(number,)] = bot.rows("SELECT id FROM people WHERE chat = :chat", {"chat": leaver.id})
    await bot.start()
    await leaver.send(MARK)
    await leaver.sees(f"“{MARK}”", PATIENCE)
    await forget(leaver)
    await leaver.send("/start")
    await leaver.sees(f"Hello, {leaver.user.first_name}. I am a bot", PATIENCE)
    assert from_bot(talk.listener) == []
    await later(server, bot, DELAY)
    await talk.listener.sees(LANDING, PATIENCE)
    await server.settled()
    await bot.kill()
    assert bot.rows("SELECT id FROM people WHERE id = :number", {"number": number}) == []
    for table in ("notes", "numbers", "outbox", "safety", "shown", "traces"):
        assert bot.rows(f"SELECT count(*) FROM {table} WHERE person = :number", {"number": number}) == [(0,)]
    [(partner,)] = bot.rows("SELECT partner FROM people WHERE chat = :chat", {"chat": talk.listener.id})
    assert partner is None
    assert readable(bot, MARK) == [] == readable(bot, TOPIC)
    assert MARK not in bot.said and TOPIC not in bot.said


async def test_a_copy_holds_ones_own_words_and_nothing_else(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    talk = seat(bot, *couple)
    await bot.start()
    await danger(talk.listener)
    await asyncio.gather(talk.speaker.send("/export"), talk.listener.send("/export"))
    files = [await one.sees("This is all I keep about you", PATIENCE) for one in (talk.speaker, talk.listener)]
    own, others = (contents(server, file) for file in files)
    assert server.calls["sendDocument"] == 2
    assert TOPIC in own and TOPIC not in others
    for word in (MARK, "violence", "crisis", "danger", "safety", "scared", "not_open"):
        assert word not in own.lower() + others.lower(), word


def contents(server: TelegramServer, message: Message) -> str:
    """All files of the archive that came with this message."""
    assert message.media is not None and message.media_kind == "document"
    found = server.world.files.path(message.media["document"]["file_id"])
    data = server.world.files.download(found["file_path"])
    assert data is not None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["notes.txt", "data.json"]
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


# --- the chat made bland ----------------------------------------------------------------------------------------------


async def test_the_chat_is_made_bland(server: TelegramServer, bot: Copy, couple: tuple[Person, Person]) -> None:
    """What came since the subject began goes, the person's own messages too; what is too old to go is edited."""
    ana, _ = couple
    await bot.start()
    await ana.send("/check_in")
    question = await ana.sees("ow close to Ben", PATIENCE)
    await later(server, bot, timedelta(hours=49))
    before = {message.message_id for message in ana.chat}
    await ana.send("/menu")
    menu = await ana.sees("What would help now?", PATIENCE)
    await ana.send("/why")
    await ana.sees("There is no card", PATIENCE)
    await ana.send("/hide")
    last = await ana.sees("The last messages of this chat are gone", PATIENCE)
    await server.settled()
    new = {event.message.message_id for event in ana.log if event.message is not None} - before
    gone = {event.message.message_id for event in ana.log if event.kind == "deleted" and event.message is not None}
    assert server.calls["deleteMessages"] == 1
    assert gone == new - {last.message_id} and menu.message_id in gone and len(gone) == 4
    bland = next(message for message in ana.chat if message.message_id == question.message_id)
    assert (bland.words, bland.buttons) == ("Short exercises, whenever you like. /menu", [])
    assert from_bot(ana)[-1].message_id == last.message_id and last.buttons == []
    assert server.violations == []


# --- put off until tomorrow -------------------------------------------------------------------------------------------


async def test_a_quiet_talk_is_held_until_tomorrow_and_goes_on_where_it_stood(
    server: TelegramServer, bot: Copy, couple: tuple[Person, Person]
) -> None:
    """Ten silent minutes, until 18:00 of the next day, both calm: the same step, and the words that were typed."""
    talk = seat(bot, *couple)
    await bot.start()
    await talk.speaker.send(MARK)
    await talk.speaker.sees(f"“{MARK}”", PATIENCE)
    await later(server, bot, timedelta(minutes=10))
    await talk.listener.tap("Hold until tomorrow", timeout=PATIENCE)
    await talk.listener.tap("18:00", timeout=PATIENCE)
    await talk.listener.sees("The talk rests until tomorrow at 18:00", PATIENCE)
    await talk.speaker.sees("would like to go on tomorrow at 18:00", PATIENCE)
    await server.settled()
    [(seconds,)] = bot.rows("SELECT due / 1e6 - unixepoch() FROM timers WHERE key LIKE '%:held'")
    assert 6 * 3600 < seconds <= 42 * 3600
    await later(server, bot, timedelta(seconds=seconds + 1))
    for person in (talk.speaker, talk.listener):
        await person.sees("It is the hour that was set", PATIENCE)
        await person.tap("Yes")
        await person.sees("How upset are you", PATIENCE)
        await person.tap("1")
        await person.tap("Yes, all of it", timeout=PATIENCE)
    await talk.speaker.sees("you have the floor", PATIENCE)
    await talk.speaker.tap("Send", timeout=PATIENCE)
    await talk.listener.sees(f"said: “{MARK}”", PATIENCE)
    assert server.violations == []
