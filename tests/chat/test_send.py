"""Letters at a strict server: what arrives on the phone, and what each refusal means."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs
from telegram_server import Person, TelegramServer

from bot.chat import request
from bot.chat.line import Answer, Connection
from bot.chat.outbound import Call
from bot.chat.send import TelegramPost, judged
from bot.delivery.port import Delivered, Failed, Gone, Kind, Letter, Post, Posted, TooFast, Wrong
from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Span
from bot.engine.flow import Style

YES = ((Button("Yes", "a:1"),),)
QUESTION = Message("Ready? 😀", (Span(0, 6, Style.BOLD),), YES)


def letter(to: Person, message: Message | None, kind: Kind = "send", number: int | None = None, **parts: Any) -> Letter:
    return Letter(1, to.id, kind, "tag", False, message, number, **parts)


def delivered(posted: Posted) -> int:
    assert isinstance(posted, Delivered), posted
    return posted.message_id


def picture(path: Path, colour: str = "navy", kind: str = "PNG") -> None:
    made = BytesIO()
    Image.new("RGB", (64, 48), colour).save(made, kind)
    path.write_bytes(made.getvalue())


async def test_a_question_is_sent_answered_and_closed(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    as_port: Post = post
    number = delivered(await as_port.post(letter(ana, QUESTION)))
    assert [button for message in ana.chat for button in message.buttons] == ["Yes"]
    edited = await post.post(letter(ana, Message("Ready? Yes"), "edit", number))
    assert edited == Delivered(number, False)
    shown = await ana.sees("Ready? Yes")
    assert (shown.message_id, shown.buttons) == (number, [])
    assert server.violations == []


async def test_a_strip_leaves_the_words(ana: Person, post: TelegramPost) -> None:
    number = delivered(await post.post(letter(ana, QUESTION)))
    assert await post.post(letter(ana, None, "strip", number)) == Delivered(number, False)
    shown = await ana.sees("Ready?")
    assert (shown.words, shown.buttons) == (QUESTION.text, [])


async def test_an_edit_that_changes_nothing_is_delivered(ana: Person, post: TelegramPost) -> None:
    number = delivered(await post.post(letter(ana, QUESTION)))
    assert await post.post(letter(ana, QUESTION, "edit", number)) == Delivered(number, False)


async def test_an_edit_of_nothing_is_wrong_in_telegrams_words(ana: Person, post: TelegramPost) -> None:
    assert await post.post(letter(ana, QUESTION, "edit", 999)) == Wrong("Bad Request: message to edit not found")
    assert isinstance(await post.post(letter(ana, None)), Wrong)


# --- pictures ---------------------------------------------------------------------------------------------------------


async def test_a_picture_is_uploaded_once(
    server: TelegramServer, ana: Person, post: TelegramPost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "walk.png")
    message = Message("A walk.", media=Picture("walk.png", "a walk"))
    assert (await post.post(letter(ana, message))) == Delivered(2, True)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file is read again"))
    assert (await post.post(letter(ana, message))) == Delivered(3, True)
    first, second = ana.chat[1:]
    assert (first.media_kind, second.media_kind) == ("photo", "photo")
    assert first.media == second.media
    assert (second.words, server.violations) == ("A walk.", [])


async def test_a_picture_that_changed_is_uploaded_again(ana: Person, post: TelegramPost, tmp_path: Path) -> None:
    message = Message("A walk.", media=Picture("walk.png", "a walk"))
    sizes = set()
    for second, colour in enumerate(("navy", "blue")):
        picture(tmp_path / "walk.png", colour)
        os.utime(tmp_path / "walk.png", (second, second))
        sizes.add((tmp_path / "walk.png").stat().st_size)
        delivered(await post.post(letter(ana, message)))
    before, after = ana.chat[1:]
    assert len(sizes) == 1
    assert before.media != after.media


async def test_a_picture_that_telegram_forgot_is_uploaded_again(
    ana: Person, post: TelegramPost, tmp_path: Path
) -> None:
    picture(tmp_path / "walk.png")
    message = Message("A walk.", media=Picture("walk.png", "a walk"))
    delivered(await post.post(letter(ana, message)))
    (held,) = post.held
    post.held[held] = "an-id-from-another-life"
    delivered(await post.post(letter(ana, message)))
    assert [shown.media_kind for shown in ana.chat[1:]] == ["photo", "photo"]
    assert post.held[held] != "an-id-from-another-life"


async def test_a_gif_moves_and_its_words_can_change(ana: Person, post: TelegramPost, tmp_path: Path) -> None:
    picture(tmp_path / "breath.gif", kind="GIF")
    message = Message("Breathe.", (), YES, Picture("breath.gif", "a circle"))
    number = delivered(await post.post(letter(ana, message)))
    assert [shown.media_kind for shown in ana.chat[1:]] == ["animation"]
    assert len(post.held) == 1
    edited = Message("Well done.", media=message.media)
    assert await post.post(letter(ana, edited, "edit", number, shown_media=True)) == Delivered(number, True)
    shown = await ana.sees("Well done.")
    assert (shown.media_kind, shown.buttons) == ("animation", [])
    assert await post.post(letter(ana, None, "strip", number, shown_media=True)) == Delivered(number, True)


@pytest.mark.parametrize("name", ["none.png", "../outside.png", "", "."])
async def test_a_picture_that_is_not_in_the_folder_leaves_the_words(
    name: str, ana: Person, connection: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    picture(tmp_path / "outside.png")
    post = TelegramPost(connection.line, folder)
    with capture_logs() as logs:
        assert await post.post(letter(ana, Message("A walk.", media=Picture(name, "")))) == Delivered(2, False)
    assert [entry["event"] for entry in logs] == ["picture_missing"]


CHART = Chart("check_in", "mood", 0, 10, 14, "mood", "a line")
DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def test_a_chart_is_drawn_from_the_last_answer_of_each_day(
    ana: Person, post: TelegramPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import pictures

    drawn: list[Any] = []
    real = pictures.chart

    def draw(*given: Any) -> bytes:
        drawn.append(given)
        return real(*given)

    monkeypatch.setattr(pictures, "chart", draw)
    points = [(DAY, 3), (DAY + timedelta(hours=2), 4), (DAY + timedelta(days=2), 9), (DAY + timedelta(days=3), 99)]
    sent = await post.post(letter(ana, Message("Your days.", media=CHART), chart=points))
    assert sent == Delivered(2, True)
    days = [(DAY.date(), 4), (DAY.date() + timedelta(days=1), None), (DAY.date() + timedelta(days=2), 9)]
    assert drawn == [(days, 0, 10, "mood")]
    assert ana.chat[1].media_kind == "photo"
    assert post.held == {}


@pytest.mark.parametrize("points", [None, []])
async def test_a_chart_of_nothing_leaves_the_words(points: Any, ana: Person, post: TelegramPost) -> None:
    assert await post.post(letter(ana, Message("Your days.", media=CHART), chart=points)) == Delivered(2, False)


async def test_a_voice_note_is_passed_on(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    ben = server.person("Ben")
    await ben.send("/start")
    spoken = await ben.voice()
    assert spoken.media is not None
    relay = Relay(Attached.VOICE, spoken.media["voice"]["file_id"])
    assert await post.post(letter(ana, Message("", media=relay))) == Delivered(2, True)
    assert ana.chat[1].media_kind == "voice"
    assert isinstance(await post.post(letter(ana, Message("", media=Relay(Attached.VOICE, "lost")))), Wrong)


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def test_people_who_are_gone(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    stranger = server.person("Stranger")
    assert await post.post(letter(stranger, QUESTION)) == Gone()
    await ana.block()
    assert await post.post(letter(ana, QUESTION)) == Gone()
    await ana.delete_account()
    assert await post.post(letter(ana, QUESTION)) == Gone()


async def test_a_wait_that_telegram_asks_for(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    server.fail("sendMessage", 429, retry_after=7)
    assert await post.post(letter(ana, QUESTION)) == TooFast(timedelta(seconds=7))


async def test_what_may_be_better_later(
    server: TelegramServer, ana: Person, post: TelegramPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fail("sendMessage", 500, count=1)
    assert await post.post(letter(ana, QUESTION)) == Failed("500 Internal Server Error")
    server.fail("sendMessage", "reset", count=1)
    broken = await post.post(letter(ana, QUESTION))
    assert isinstance(broken, Failed) and server.token not in broken.reason
    server.fail("sendMessage", "timeout", count=1)
    monkeypatch.setattr(request, "PATIENCE", 0.05)
    assert await post.post(letter(ana, QUESTION)) == Failed("Timed out")


@pytest.mark.parametrize(
    ("status", "description", "posted"),
    [
        (400, "Bad Request: chat not found", Wrong("Bad Request: chat not found")),
        (400, "Bad Request: URL 'https://t.me/x?start=secret' is bad", Wrong("Bad Request: URL … is bad")),
        (400, "Bad Request: can't read tg://x and \"words\"", Wrong("Bad Request: can't read … and …")),
        (400, "Bad Request: " + "x" * 900, Wrong(("Bad Request: " + "x" * 900)[:200])),
        (403, "Forbidden: bot was kicked", Wrong("Forbidden: bot was kicked")),
        (403, "Forbidden: bot was blocked by the user", Gone()),
        (413, "Request Entity Too Large", Wrong("Request Entity Too Large")),
        (401, "Unauthorized", Failed("401 Unauthorized")),
        (404, "Not Found", Failed("404 Not Found")),
        (409, "Conflict: two", Failed("409 Conflict: two")),
        (429, "Too Many Requests", TooFast(timedelta(seconds=1))),
        (502, "", Failed("502")),
    ],
)  # fmt: skip
def test_what_each_refusal_means(status: int, description: str, posted: Posted) -> None:
    sent = Letter(1, 7, "send", "", False, QUESTION)
    assert judged(Answer(status, None, description), sent, Call("sendMessage", {})) == posted


def test_a_success_that_names_no_message_is_tried_again() -> None:
    sent = Letter(1, 7, "send", "", False, QUESTION)
    assert isinstance(judged(Answer(200, True), sent, Call("sendMessage", {})), Failed)


# --- small calls ------------------------------------------------------------------------------------------------------


async def test_a_tap_is_answered(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    delivered(await post.post(letter(ana, QUESTION)))
    await post.answer_tap(await ana.tap("Yes"), "Saved 😀")
    assert ana.notices == ["Saved 😀"]
    await post.answer_tap(await ana.tap("Yes"), "")
    assert server.unanswered == []


async def test_an_answer_that_fails_harms_nobody(server: TelegramServer, post: TelegramPost) -> None:
    with capture_logs() as logs:
        await post.answer_tap("too-old", "Saved")
        server.fail("answerCallbackQuery", "reset")
        await post.answer_tap("44", "Saved")
    assert [entry["event"] for entry in logs] == ["call_refused", "call_unanswered"]
    assert "Saved" not in repr(logs) and server.token not in repr(logs)


async def test_a_group_is_told(server: TelegramServer, ana: Person, post: TelegramPost) -> None:
    group = server.group("Us", [ana])
    await post.say(group.id, "I work in private.", Button("Open", url="https://t.me/twofold_test_bot"))
    assert [(message.words, message.buttons) for message in group.chat] == [("I work in private.", ["Open"])]
    assert server.violations == []
