"""Every call is one that Telegram takes: texts and entities are judged by TDLib's own parser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_server.parameters import Upload, judge_parameters
from telegram_server.rules import MOST_CAPTION, MOST_TEXT, judge_markup, judge_text

from bot.chat.outbound import Call, File, Shown, answer, call, line
from bot.chat.units import sound
from bot.delivery.port import Kind, Letter
from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Span
from bot.engine.flow import Style

PICTURE, MOVING = Picture("walk.png", "a walk"), Picture("breath.GIF", "a circle")
CHART = Chart("flow", "step", 0, 10, 14, "title", "a line")
PNG = File("some/where/Ana.png", b"png")


def letter(message: Message | None, kind: Kind = "send", number: int | None = None, **parts: Any) -> Letter:
    return Letter(1, 7, kind, "tag", False, message, number, **parts)


def made(message: Message, kind: Kind = "send", shown: Shown | None = None, **parts: Any) -> Call:
    number = None if kind == "send" else 5
    found = call(letter(message, kind, number, **parts), shown)
    assert found is not None
    judge(found)
    return found


def judge(found: Call) -> None:
    """What a strict server would look at. Raises a Refusal in Telegram's words, UnicodeError for half a character."""
    assert "\x00" not in json.dumps(found.parameters, ensure_ascii=False).encode().decode()
    files = {name: Upload(*file.part[:2]) for name, file in found.files.items()}
    asked = judge_parameters(found.method, {**found.parameters, **files})
    judge_markup(asked.get("reply_markup"), only_inline=True)
    judge_text(asked.get("text", ""), asked.get("entities", []), MOST_TEXT, "too long")
    judge_text(asked.get("caption", ""), asked.get("caption_entities", []), MOST_CAPTION, "too long")


def covered(text: str, entities: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """The words under each entity, found as a phone finds them."""
    wide = text.encode("utf-16-le")
    return [
        (one["type"], wide[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"))
        for one in entities
    ]


SIGNS = st.sampled_from("aß😀\U0001f469\u200d\u2067\u2069\u202e\ud83d\x00\n {}*_`[]()<>&@#/.٣") | st.characters()
STYLES = st.sampled_from(Style)


@st.composite
def messages(draw: st.DrawFn, size: int = 40) -> Message:
    text = draw(st.text(SIGNS, min_size=1, max_size=size))
    spans = draw(st.lists(st.builds(Span, st.integers(0, len(text)), st.integers(0, len(text)), STYLES), max_size=4))
    labels = st.text(SIGNS, min_size=1, max_size=12).filter(lambda label: sound(label).strip())
    button = st.builds(Button, labels, st.just("a:1")) | st.builds(Button, labels, st.just(""), st.just("https://t.me"))
    rows = draw(st.lists(st.lists(button, min_size=1, max_size=3), max_size=3))
    return Message(text, tuple(spans), tuple(map(tuple, rows)))


@given(messages())
def test_every_text_is_taken_and_every_entity_covers_its_span(message: Message) -> None:
    sent = made(message)
    text = sent.parameters["text"]
    assert text == sound(message.text)
    expected = [
        (span.style.value, words)
        for span in message.spans
        if span.style is not Style.PLAIN and (words := text[span.offset : span.offset + span.length])
    ]
    assert covered(text, sent.parameters.get("entities", [])) == expected


@given(messages(), st.booleans(), st.sampled_from(get_args(Kind)[:2]))
def test_the_same_words_go_under_pictures_and_into_edits(message: Message, media: bool, kind: Kind) -> None:
    pictured = Message(message.text, message.spans, message.buttons, PICTURE if media else None)
    sent = made(pictured, kind, "id" if media else None, shown_media=media)
    words, entities = ("caption", "caption_entities") if media else ("text", "entities")
    plain = made(message)
    assert sent.parameters[words] == plain.parameters["text"]
    assert sent.parameters.get(entities) == plain.parameters.get("entities")
    assert sent.parameters.get("reply_markup") == plain.parameters.get("reply_markup")
    assert sent.media is media


def test_a_text_says_all_of_itself() -> None:
    message = Message("Hi 😀 you", (Span(5, 3, Style.BOLD),), ((Button("Yes", "a:1"), Button("More", url="tg://x")),))
    assert made(message).parameters == {
        "chat_id": 7,
        "text": "Hi 😀 you",
        "entities": [{"type": "bold", "offset": 6, "length": 3}],
        "reply_markup": {
            "inline_keyboard": [[{"text": "Yes", "callback_data": "a:1"}, {"text": "More", "url": "tg://x"}]]
        },
        "link_preview_options": {"is_disabled": True},
    }


def test_nothing_goes_out_that_cannot_be_written() -> None:
    rows = ((Button("Yes\ud83d", "a:1"),),)
    sent = made(Message("a\ud83db\x00", buttons=rows))
    assert sent.parameters["text"] == "a\ufffdb\ufffd"
    assert sent.parameters["reply_markup"]["inline_keyboard"][0][0]["text"] == "Yes\ufffd"


def test_only_what_was_not_asked_for_is_silent() -> None:
    assert made(Message("x"), unasked=True).parameters["disable_notification"] is True
    assert "disable_notification" not in made(Message("x")).parameters


@pytest.mark.parametrize(
    ("media", "method", "name"),
    [
        (PICTURE, "sendPhoto", "photo"),
        (MOVING, "sendAnimation", "animation"),
        (CHART, "sendPhoto", "photo"),
    ],
)
def test_a_picture_goes_up_once_and_then_by_its_id(media: Picture | Chart, method: str, name: str) -> None:
    message = Message("words", media=media)
    first, again = made(message, shown=PNG), made(message, shown="id")
    assert (first.method, again.method) == (method, method)
    assert first.files == {name: PNG} and name not in first.parameters
    assert again.files == {} and again.parameters[name] == "id"
    assert first.parameters["caption"] == "words"
    assert first.media and again.media


def test_a_picture_that_is_not_there_leaves_the_words() -> None:
    for media in (PICTURE, CHART):
        sent = made(Message("words", media=media))
        assert (sent.method, sent.parameters["text"], sent.media) == ("sendMessage", "words", False)


def test_a_file_goes_up_without_the_name_it_has_here() -> None:
    assert PNG.part == ("picture.png", b"png", "image/png")
    assert File("x.gif", b"").part[2] == "image/gif"
    assert File("x", b"").part == ("picture", b"", "application/octet-stream")


def test_a_partners_voice_and_photo_are_passed_on_by_their_ids() -> None:
    voice = made(Message("", media=Relay(Attached.VOICE, "V")))
    photo = made(Message("", media=Relay(Attached.PHOTO, "P")))
    assert (voice.method, dict(voice.parameters)) == ("sendVoice", {"chat_id": 7, "voice": "V"})
    assert (photo.method, dict(photo.parameters)) == ("sendPhoto", {"chat_id": 7, "photo": "P"})
    assert voice.media and photo.media


def test_words_too_long_for_a_picture_go_without_it() -> None:
    sent = made(Message("ä" * 1024, media=PICTURE), shown="id")
    assert sent.method == "sendPhoto"
    sent = made(Message("😀" * 513, media=PICTURE), shown="id")
    assert (sent.method, sent.media, sent.parameters["text"]) == ("sendMessage", False, "😀" * 513)


def test_words_too_long_for_any_message_are_cut() -> None:
    message = Message("x" * 4090 + "😀" * 10, (Span(4080, 20, Style.BOLD),))
    sent = made(message)
    text = sent.parameters["text"]
    assert text.endswith("😀😀…") and text.startswith("x" * 4090)
    assert covered(text, sent.parameters["entities"]) == [("bold", "x" * 10 + "😀😀…")]
    edited = made(Message("y" * 1025), "edit", shown_media=True)
    assert edited.parameters["caption"] == "y" * 1023 + "…"


def test_an_edit_without_buttons_says_so_by_leaving_them_out() -> None:
    edited = made(Message("x"), "edit")
    assert edited.method == "editMessageText"
    assert edited.parameters == {
        "chat_id": 7,
        "message_id": 5,
        "text": "x",
        "link_preview_options": {"is_disabled": True},
    }


def test_a_strip_takes_the_buttons_and_nothing_else() -> None:
    for media in (True, False):
        found = call(letter(None, "strip", 5, shown_media=media))
        assert found == Call("editMessageReplyMarkup", {"chat_id": 7, "message_id": 5}, media=media)


def test_a_letter_with_a_part_missing_makes_no_call() -> None:
    assert call(letter(None)) is None
    assert call(letter(None, "edit", 5)) is None
    assert call(letter(Message("x"), "edit")) is None
    assert call(letter(None, "strip")) is None


def test_every_tap_gets_an_answer_with_words_or_without() -> None:
    assert answer("44", "") == Call("answerCallbackQuery", {"callback_query_id": "44"})
    assert answer("44", "Saved").parameters == {"callback_query_id": "44", "text": "Saved"}
    assert len(answer("44", "x" * 500).parameters["text"]) == 200
    judge(answer("44", "😀\ud83d"))


def test_a_group_gets_one_line_with_a_way_out() -> None:
    found = line(-100, "I work in private.", Button("Open", url="https://t.me/twofold_bot"))
    judge(found)
    assert found.parameters["reply_markup"] == {
        "inline_keyboard": [[{"text": "Open", "url": "https://t.me/twofold_bot"}]]
    }


def test_no_words_show_when_a_call_is_printed() -> None:
    shown = repr(made(Message("secret words", media=PICTURE), shown=File("x.png", b"secret bytes")))
    assert "secret" not in shown
