"""A phone shows what a messenger shows, and nothing that disturbs a terminal."""

from __future__ import annotations

from bot.delivery.port import Letter
from bot.engine.events import Button, Message, Picture, Span
from bot.engine.flow import Style
from bot.terminal import phone as chat
from bot.terminal.phone import Phone

from .scene import EIGHT

ROWS = ((Button("Skip", "a:r:1:s"), Button("Why?", "w:card")), (Button("\u2068Ben\u2069 is calm", "a:r:1:0"),))


def sent(phone: Phone, number: int, message: Message) -> Phone:
    return chat.received(phone, number, Letter(1, 101, "send", "t", False, message), EIGHT)


def test_direction_signs_and_escapes_are_left_out_and_styles_move_along() -> None:
    raw = "\u2068Ana\u2069\x1b[2J is \u202ecalm\nnow"
    span = Span(raw.index("calm"), 4, Style.BOLD)

    text, (moved,) = chat.visible(raw, (span,))

    assert text == "Ana[2J is calm\nnow"
    assert text[moved.offset : moved.offset + moved.length] == "calm"


def test_an_edit_changes_words_and_buttons_in_place_and_keeps_the_picture() -> None:
    phone = sent(sent(Phone("Ana"), 1, Message("Breathe", (), ROWS, Picture("a.gif", "A circle"))), 2, Message("Later"))

    phone = chat.received(phone, 1, Letter(1, 101, "edit", "t", False, Message("Done"), 1, True), EIGHT)

    assert [bubble.text for bubble in phone.bubbles] == ["Done", "Later"]
    assert phone.bubbles[0].media == Picture("a.gif", "A circle")
    assert phone.bubbles[0].buttons == ()


def test_a_strip_takes_only_the_buttons() -> None:
    phone = sent(Phone("Ana"), 1, Message("How long?", (), ROWS))

    phone = chat.received(phone, 1, Letter(1, 101, "strip", "t", False, None, 1), EIGHT)

    assert (phone.bubbles[0].text, phone.bubbles[0].buttons) == ("How long?", ())


def test_a_button_is_found_by_its_words_or_its_number_on_the_newest_message() -> None:
    phone = sent(sent(Phone("Ana"), 1, Message("One", (), ROWS)), 2, Message("Two", (), ((Button("Skip", "x:2"),),)))

    assert chat.called(phone, " ben  is CALM ") == ROWS[1][0]
    assert chat.called(phone, "Skip") == Button("Skip", "x:2")
    assert chat.called(phone, "Ski") is None
    assert chat.numbered(phone, 1) == Button("Skip", "x:2")
    assert chat.numbered(phone, 2) is None
    assert chat.numbered(phone, 0) is None


def test_a_question_with_an_answer_button_awaits_no_words() -> None:
    choices = sent(Phone("Ana"), 1, Message("One", (), ROWS)).bubbles[0]
    open_words = sent(Phone("Ana"), 1, Message("One", (), ROWS[:1])).bubbles[0]
    menu = sent(Phone("Ana"), 1, Message("One", (), ((Button("Talk", "m:talk"),),))).bubbles[0]

    assert [chat.awaits_words(one) for one in (choices, open_words, menu)] == [False, True, False]
