"""The first message, the home and what hangs on it; forged buttons, which never do anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from phones import ANA, BEN, CLEO, couple, data_of, holding, labels, linked, strangers, tap, texts

from bot.engine.events import Attached, Attachment, Input, Refused, Tap, Words

FIRST = ["We need a pause", "Calm me down", "More help", "Set up"]


@pytest.mark.parametrize(
    "given",
    [
        Words(BEN, "/start"),
        Words(BEN, "hello"),
        Words(BEN, "?" * 3000),
        Attachment(BEN, Attached.OTHER),
        Attachment(BEN, Attached.VOICE, "file"),
    ],
)
def test_the_first_message_is_three_lines_and_four_buttons(given: Input) -> None:
    bot = strangers()
    bot.give(given)
    (bubble,) = bot.unread(BEN)
    (text,) = texts(bot, BEN)
    lines = text.splitlines()
    assert len(lines) == 3
    assert "I am a bot" in lines[0] and "not for emergencies" in lines[1] and "adults" in lines[2].lower()
    assert labels(bubble) == FIRST


@pytest.mark.parametrize("label", FIRST)
def test_each_of_the_four_buttons_leads_somewhere_at_once(label: str) -> None:
    bot = strangers()
    bot.give(Words(BEN, "/start"))
    texts(bot, BEN)
    assert tap(bot, BEN, label) is None
    seen = texts(bot, BEN)
    expected = {
        "We need a pause": "For how long, Ben?",
        "Calm me down": "Follow the circle.",
        "More help": "Help from people",
        "Set up": "Settings",
    }
    assert len(seen) == 1 and expected[label] in seen[0]


def test_help_comes_before_any_question() -> None:
    bot = strangers()
    bot.give(Words(BEN, "/help"))
    (page, *_) = [text for text in texts(bot, BEN) if "Help from people" in text]
    assert "112" in page and "?" not in page


def test_the_first_message_comes_once() -> None:
    bot = strangers()
    bot.give(Words(BEN, "/start"))
    texts(bot, BEN)
    bot.give(Words(BEN, "/start"))
    assert texts(bot, BEN) == ["What would help now?"]


def test_the_home_of_two() -> None:
    bot = couple()
    bot.give(Words(ANA, "/menu"))
    (bubble,) = bot.unread(ANA)
    assert labels(bubble) == ["We need a pause", "Check in", "Talk", "More", "More help"]


def test_the_home_of_one_shows_nothing_for_two() -> None:
    bot = strangers()
    bot.give(Words(ANA, "/menu"))
    (bubble,) = bot.unread(ANA)
    assert labels(bubble) == ["We need a pause", "Check in", "More", "More help"]


def test_the_home_shows_no_talk_while_one_runs() -> None:
    bot = couple()
    bot.give(Words(ANA, "/talk_in_turns"))
    for person in (ANA, BEN):
        texts(bot, person)
        bot.give(Words(person, "/menu"))
        (bubble,) = bot.unread(person)
        assert labels(bubble) == ["We need a pause", "Check in", "More", "More help"]


def test_a_pause_is_two_taps_away() -> None:
    bot = couple()
    bot.give(Words(ANA, "/menu"))
    tap(bot, ANA, "We need a pause")
    tap(bot, ANA, "Twenty minutes")
    assert any("Ana called a break" in text for text in texts(bot, BEN))


def test_the_menu_is_edited_in_place() -> None:
    bot = couple()
    bot.give(Words(ANA, "/menu"))
    for label in ("More", "Menu", "More", "Settings", "Words for me", "he, him", "Menu", "More", "Settings"):
        tap(bot, ANA, label)
    assert len(bot.phones[ANA]) == 1
    assert "Words for you: he, him" in texts(bot, ANA)[0]


def test_more_shows_what_can_start_and_is_not_on_the_home() -> None:
    bot = strangers()
    bot.give(Words(ANA, "/menu"))
    tap(bot, ANA, "More")
    bubble = holding(bot, ANA, "Settings")
    assert bubble is not None
    assert labels(bubble) == ["Calm me down", "Link with my partner", "Settings", "Menu", "More help"]


def test_a_part_has_no_command() -> None:
    bot = couple()
    for words in ("/one_turn", "/land_alone", "/bot.upset", "/", "/ "):
        bot.give(Words(ANA, words))
        assert texts(bot, ANA)[0].startswith("I may not have that."), words
    assert bot.world.runs == {}


def test_the_sources_of_a_card_are_one_tap_further() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    texts(bot, ANA)
    tap(bot, ANA, "Why?")
    (card,) = texts(bot, ANA)
    assert card.startswith("Flooded, too stirred up to talk")
    assert "What can help." in card and "How sure is science?" in card and "doi.org" not in card
    shown = len(bot.phones[ANA])
    tap(bot, ANA, "Sources")
    assert len(bot.phones[ANA]) == shown
    assert any("doi.org" in bubble.message.text for bubble in bot.phones[ANA])


@pytest.mark.parametrize(
    "data",
    [
        "",
        ":",
        "a",
        "a:b:c",
        "a:nothing:1:0",
        "d:nothing:1:y",
        "l:nothing:1:0",
        "g:nothing:0:y",
        "x:nothing",
        "x:",
        "m:",
        "m:nowhere",
        "m:../../etc",
        "f:one_turn",
        "f:land_alone",
        "f:nothing",
        "w:no-card",
        "w:no-card:s",
        "k:a:2:y",
        "k:m:2:y",
        "t:zone:999999999999999999999",
        "t:zone:-1",
        "t:zone:²",
        "t:pronoun:it",
        "t:country:XX",
        "t:nothing",
        "e:check_in:y",
        "e:nothing:y",
        "b:a",
        "b:t:1:2:",
        "zz:1:2:3",
        "\x00",
        "שלום",
        "a" * 64,
    ],
)
def test_forged_buttons_change_nothing(data: str) -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    before = bot.world
    refused = bot.give(Tap(ANA, data))
    assert isinstance(refused, Refused) and refused.toast
    assert bot.world is before


def test_the_buttons_of_the_other_phone_do_nothing_here() -> None:
    """Ana's own questions, tapped with Ben's or a stranger's hand."""
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    bubble = holding(bot, ANA, "Twenty minutes")
    assert bubble is not None
    before = bot.world
    own = [one.data for row in bubble.message.buttons for one in row if one.data and one.data[0] in "ax"]
    assert len(own) >= 5
    for person in (BEN, CLEO):
        for data in own:
            assert isinstance(bot.give(Tap(person, data)), Refused), data
    assert bot.world is before
    assert texts(bot, BEN) == texts(bot, CLEO) == []


def test_items_that_a_question_never_offered() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    head = data_of(bot, ANA, "Twenty minutes").rpartition(":")[0]
    before = bot.world
    for item in ("3", "99", "-1", "", "x", "²", "0x0", "d", "a", "n" * 40):
        assert isinstance(bot.give(Tap(ANA, f"{head}:{item}")), Refused), item
    assert bot.world is before


def test_settings_of_two_have_unlink_and_of_one_have_link() -> None:
    bot = couple()
    bot.give(Words(ANA, "/settings"))
    assert holding(bot, ANA, "Unlink") is not None and holding(bot, ANA, "Link with my partner") is None
    bot.give(Words(CLEO, "/settings"))
    assert holding(bot, CLEO, "Link with my partner") is not None and holding(bot, CLEO, "Unlink") is None
    tap(bot, ANA, "Unlink")
    bot.pass_time(timedelta(minutes=8))
    assert not linked(bot, ANA, BEN)


def test_a_name_is_one_short_line_without_hidden_signs() -> None:
    bot = couple()
    for words in ("\u202e\u200b", "  \n "):
        bot.give(Words(ANA, "/settings"))
        tap(bot, ANA, "Name")
        bot.give(Words(ANA, words))
        assert bot.world.people[ANA].name == "Ana"
    bot.give(Words(ANA, "/settings"))
    tap(bot, ANA, "Name")
    bot.give(Words(ANA, "An\u202ena\nthe {name} *first* of her name, queen of everything"))
    name = bot.world.people[ANA].name
    assert name.startswith("Anna the {name} *first*") and len(name) <= 40
