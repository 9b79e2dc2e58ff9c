"""Messages taken out of a chat and a file sent into it, at a strict server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from telegram_server import Person, TelegramServer
from telegram_server.messages import DELETABLE_FOR

from bot.chat.line import Connection
from bot.chat.send import TelegramPost
from bot.delivery.port import Delivered, Enclosed, Failed, Gone, Letter, TooFast, Wrong
from bot.engine.events import Message


def removal(to: Person, *numbers: int) -> Letter:
    return Letter(1, to.id, "remove", "", False, None, message_ids=numbers)


async def said(post: TelegramPost, to: Person, words: str) -> int:
    posted = await post.post(Letter(1, to.id, "send", "", False, Message(words)))
    assert isinstance(posted, Delivered)
    return posted.message_id


def words(person: Person) -> list[str]:
    return [message.words for message in person.chat]


async def test_messages_of_both_sides_go(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    first = await said(post, ana, "first")
    typed = await ana.send("typed")
    await said(post, ana, "stays")
    assert await post.post(removal(ana, first, typed.message_id, 999)) == Delivered(0, False)
    assert words(ana) == ["/start", "stays"]
    assert server.calls["deleteMessages"] == 1
    assert server.violations == []


async def test_one_that_is_too_old_does_not_hold_up_the_others(
    server: TelegramServer, ana: Person, post: TelegramPost
) -> None:
    old = [await said(post, ana, "old"), (await ana.send("typed long ago")).message_id]
    server.advance(seconds=DELETABLE_FOR + 1)
    new = [await said(post, ana, f"new {number}") for number in range(5)]
    assert await post.post(removal(ana, *new[:2], *old, *new[2:])) == Delivered(0, False)
    assert words(ana) == ["/start", "old", "typed long ago"]
    assert {violation.reason for violation in server.violations} == {
        "Bad Request: message can't be deleted for everyone"
    }


async def test_a_removal_of_one_that_cannot_go_is_wrong(
    server: TelegramServer, ana: Person, post: TelegramPost
) -> None:
    old = await said(post, ana, "old")
    server.advance(seconds=DELETABLE_FOR + 1)
    assert isinstance(await post.post(removal(ana, old)), Wrong)


async def test_a_hundred_go_at_once_and_no_more(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    assert await post.post(removal(ana, *range(2, 102))) == Delivered(0, False)
    assert server.violations == []
    line: Any = post.line
    answer = await line.call("deleteMessages", {"chat_id": ana.id, "message_ids": list(range(2, 103))})
    assert (answer.status, answer.description) == (400, "Bad Request: too many message identifiers specified")


async def test_a_wait_and_a_fault_half_way_are_told(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    server.fail("deleteMessages", 429, count=1, retry_after=3)
    assert isinstance(await post.post(removal(ana, 1)), TooFast)
    server.fail("deleteMessages", 500, count=1)
    cleo = server.person("Cleo")
    await cleo.send("/start")
    assert isinstance(await post.post(removal(cleo, 1)), Failed)


async def test_a_removal_for_somebody_who_left_is_told(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    await said(post, ana, "hello")
    await ana.block()
    assert await post.post(removal(ana, 2)) == Gone()


async def test_a_file_arrives_with_its_name_and_its_words(
    server: TelegramServer, connection: Connection, ana: Person, tmp_path: Path
) -> None:
    post = TelegramPost(connection.line, tmp_path)
    enclosed = Enclosed("notes.zip", b"PK\x03\x04 something", "Yours.")
    posted = await post.post(Letter(1, ana.id, "file", "", False, None, enclosed=enclosed))
    shown = ana.chat[-1]
    assert posted == Delivered(shown.message_id, True)
    assert (shown.words, shown.media_kind) == ("Yours.", "document")
    assert shown.media is not None and shown.media["document"]["file_name"] == "notes.zip"
    found = await connection.line.call("getFile", {"file_id": shown.media["document"]["file_id"]})
    assert server.world.files.download(found.result["file_path"]) == enclosed.content
    assert server.violations == []
    assert "something" not in repr(enclosed) and "Yours" not in repr(enclosed)


async def test_a_letter_without_its_file_is_wrong(ana: Person, post: TelegramPost) -> None:
    assert isinstance(await post.post(Letter(1, ana.id, "file", "", False, None)), Wrong)
    assert isinstance(await post.post(removal(ana)), Wrong)
