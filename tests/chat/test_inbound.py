"""What each kind of update means, and which ones mean nothing."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.chat.inbound import Elsewhere, incoming
from bot.engine.events import Attached, Attachment, Away, Input, Located, Returned, Tap, Words
from bot.service import Incoming

from .updates import ANA, BOT, CHANNEL, GROUP, PRIVATE, command, membership, message, tap

Json = dict[str, Any]
SIZE = {"file_unique_id": "u", "file_size": 1}
NAME = "twofold_bot"


def read(raw: Json, username: str = NAME) -> Incoming | Elsewhere | None:
    return incoming(Update.de_json(raw, None), username)


def meant(raw: Json) -> Input:
    found = read(raw)
    assert isinstance(found, Incoming)
    return found.given


def test_words_come_with_who_sent_them() -> None:
    assert read(message(31, text="Hello 😀")) == Incoming(31, 7, "Ana", "pt-br", Words(0, "Hello 😀"), message=5)


def test_words_are_kept_as_they_were_typed_and_made_sound() -> None:
    assert meant(message(text=" *x* {name}\n")) == Words(0, " *x* {name}\n")
    assert meant(message(text="a\x00b\ud83d")) == Words(0, "a\ufffdb\ufffd")


def test_a_tap_on_an_old_message_is_read() -> None:
    assert read(tap(8, data="a:r:1:0")) == Incoming(8, 7, "Ana", "pt-br", Tap(0, "a:r:1:0"))


def test_a_tap_on_a_message_that_is_shown_is_read() -> None:
    raw = tap(data="x")
    raw["callback_query"]["message"] = {"message_id": 5, "date": 99, "chat": PRIVATE, "from": BOT, "text": "Well?"}
    assert meant(raw) == Tap(0, "x")


def test_a_tap_without_data_is_a_tap_that_nobody_made() -> None:
    assert meant(tap(data=None)) == Tap(0, "")


def test_a_voice_note_is_its_file() -> None:
    voice = {"file_id": "V", "duration": 3, **SIZE}
    assert meant(message(voice=voice)) == Attachment(0, Attached.VOICE, "V")


def test_a_photo_is_its_biggest_size_and_its_caption_is_not_read() -> None:
    sizes = [{"file_id": name, "width": w, "height": w, **SIZE} for name, w in (("S", 90), ("L", 800), ("M", 320))]
    assert meant(message(photo=sizes, caption="/stop")) == Attachment(0, Attached.PHOTO, "L")


FILE = {"file_id": "F", **SIZE}
SIDES = {"width": 1, "height": 1}


@pytest.mark.parametrize(
    "parts",
    [
        {"sticker": {**FILE, **SIDES, "is_animated": False, "is_video": False, "type": "regular"}},
        {"document": FILE},
        {"video": {**FILE, **SIDES, "duration": 1}},
        {"video_note": {**FILE, "length": 1, "duration": 1}},
        {"audio": {**FILE, "duration": 1}},
        {"animation": {**FILE, **SIDES, "duration": 1}, "document": FILE},
        {"contact": {"phone_number": "1", "first_name": "B"}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"checklist": {"title": "t", "tasks": [{"id": 1, "text": "a"}]}},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_whatever_else_is_sent_is_no_answer_but_is_heard(parts: Json) -> None:
    assert meant(message(**parts)) == Attachment(0, Attached.OTHER)


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        (52.52, 13.405, "Europe/Berlin"),
        (40.71, -74.0, "America/New_York"),
        (-33.87, 151.21, "Australia/Sydney"),
        (-18.14, 178.44, "Pacific/Fiji"),
        (0.0, -30.0, "Etc/GMT+2"),
        (95.0, 200.0, ""),
    ],
)
def test_of_a_shared_place_nothing_but_the_time_zone_is_read(latitude: float, longitude: float, zone: str) -> None:
    place = {"latitude": latitude, "longitude": longitude}
    assert meant(message(location=place)) == Located(0, zone)
    assert meant(message(location=place, venue={"location": place, "title": "t", "address": "a"})) == Located(0, zone)


def test_a_place_that_moves_is_read_once() -> None:
    moving = {"latitude": 52.52, "longitude": 13.405, "live_period": 900}
    assert meant(message(location=moving)) == Located(0, "Europe/Berlin")
    assert read(message(kind="edited_message", location=moving)) is None


@pytest.mark.parametrize(
    "raw",
    [
        message(kind="edited_message", text="other words"),
        message(pinned_message={"message_id": 4, "date": 1, "chat": PRIVATE, "text": "x"}),
        message(text="from a bot", sender=BOT),
        message(text="news", chat=CHANNEL),
        tap(chat=GROUP),
        tap(chat=None),
        membership("left", "administrator", CHANNEL),
        membership("member", "left"),
        {"update_id": 1, "poll_answer": {"poll_id": "1", "option_ids": [], "option_persistent_ids": [], "user": ANA}},
        {"update_id": 1, "something_of_tomorrow": {}},
    ],
)
def test_the_rest_means_nothing(raw: Json) -> None:
    assert read(raw) is None


def test_somebody_left_and_came_back() -> None:
    assert meant(membership("member", "kicked")) == Away(0)
    assert meant(membership("kicked", "member")) == Returned(0)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("Ana", "Ana"),
        ("A\u202en\u2067a\u2069", "Ana"),
        ("Ana  Maria ", "Ana Maria"),
        ("\u200b\u200e", ""),
        ("x" * 64, "x" * 40),
        ("😀 Ana", "😀 Ana"),
    ],
)
def test_a_name_fits_into_a_line(given: str, cleaned: str) -> None:
    found = read(message(text="x", sender={**ANA, "first_name": given}))
    assert isinstance(found, Incoming)
    assert found.name == cleaned


def test_a_phone_may_keep_its_language_to_itself() -> None:
    found = read(message(text="x", sender={"id": 7, "is_bot": False, "first_name": "Ana"}))
    assert isinstance(found, Incoming)
    assert found.language == ""


# --- groups -----------------------------------------------------------------------------------------------------------


def test_in_a_group_the_bot_speaks_when_it_is_taken_in() -> None:
    assert read(membership("left", "member", GROUP)) == Elsewhere(-100, "pt-br")
    assert read(membership("kicked", "administrator", GROUP)) == Elsewhere(-100, "pt-br")


def test_in_a_group_the_bot_is_silent_when_only_its_rights_change_or_it_goes() -> None:
    assert read(membership("member", "administrator", GROUP)) is None
    assert read(membership("member", "left", GROUP)) is None


@pytest.mark.parametrize("words", ["/start", "/start@twofold_bot", "/START@Twofold_Bot"])
def test_in_a_group_the_bot_answers_a_command(words: str) -> None:
    assert read(message(chat=GROUP, text=words, entities=command(words))) == Elsewhere(-100, "pt-br")


def test_in_a_group_the_bot_answers_its_name_after_an_emoji() -> None:
    mention = [{"type": "mention", "offset": 3, "length": 12}]
    assert read(message(chat=GROUP, text="😀 @Twofold_Bot hi", entities=mention)) == Elsewhere(-100, "pt-br")


def test_in_a_group_the_bot_leaves_everything_else_alone() -> None:
    other = "/start@other_bot"
    assert read(message(chat=GROUP, text=other, entities=command(other))) is None
    assert read(message(chat=GROUP, text="hello you two")) is None
    late = [{"type": "bot_command", "offset": 4, "length": 6}]
    assert read(message(chat=GROUP, text="say /start", entities=late)) is None
    someone = [{"type": "mention", "offset": 0, "length": 6}]
    assert read(message(chat=GROUP, text="@other", entities=someone)) is None
    assert read(message(chat=GROUP, new_chat_members=[BOT])) is None
