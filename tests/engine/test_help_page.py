"""The help page: three lines at a time, numbers to copy, the country asked for, and who is never shown beside whom."""

from __future__ import annotations

import pytest
from phones import ANA, BEN, EVENING, couple, data_of, labels, library, tap

from bot.authoring.rehearsal import Bubble, Rehearsal
from bot.engine.events import Message, Refused, Send, Tap, Words
from bot.engine.flow import Style
from bot.engine.ledger import Ledger
from bot.engine.library import HelpLine
from bot.engine.parts import NOWHERE, SCREEN, help_page
from bot.engine.text import plain

TOPICS = ("crisis", "violence", "youth", "own_behaviour")
CODES = sorted(library().help)


def newest(bot: Rehearsal) -> Bubble:
    return bot.phones[ANA][-1]


def at_home_in(code: str) -> Rehearsal:
    """Ana, who lives in this country, with its help page open."""
    bot = couple()
    bot.give(Words(ANA, "/help"))
    bot.give(Tap(ANA, f"t:country:{code}"))
    return bot


def page(code: str, *, first: str | None = None, number: int = 0) -> Message:
    """One screen of a country's help page."""
    bot = at_home_in(code)
    ledger = Ledger(library(), bot.world, EVENING, 1)
    help_page(ledger, ANA, first=first, page=number)
    (sent,) = [effect for effect in ledger.effects if isinstance(effect, Send)]
    return sent.message


def shown(message: Message, code: str) -> list[HelpLine]:
    """The lines of the country that stand in the message, in its order."""
    text = plain(message.text)
    lines = [line for line in library().help[code].lines if "\n\n" + block(line) + "\n\n" in text]
    return sorted(lines, key=lambda line: text.index("\n\n" + block(line) + "\n\n"))


def block(line: HelpLine) -> str:
    name = "" if line.contact.startswith(line.name) else line.name
    return "\n".join(one for one in (name, line.contact, line.hours, line.languages, line.note) if one)


def copied(message: Message) -> list[str]:
    return [message.text[one.offset : one.offset + one.length] for one in message.spans if one.style is Style.CODE]


def screens(code: str, first: str | None = None) -> list[list[HelpLine]]:
    """What each screen shows, until the first one comes again."""
    every = [shown(page(code, first=first), code)]
    while (more := shown(page(code, first=first, number=len(every)), code)) != every[0]:
        every.append(more)
    return every


@pytest.mark.parametrize("code", CODES)
def test_each_line_of_a_country_is_shown_once_in_screens_of_three(code: str) -> None:
    every = screens(code)
    assert all(len(screen) <= SCREEN for screen in every)
    assert [line for screen in every for line in screen] == [
        line for line in library().help[code].lines if line.topic != "own_behaviour"
    ]


def test_lines_for_those_who_hurt_others_stand_alone_and_only_when_asked_for() -> None:
    for first in (None, "crisis", "violence", "youth"):
        assert all(line.topic != "own_behaviour" for screen in screens("GB", first) for line in screen)
    asked = [line for screen in screens("GB", "own_behaviour") for line in screen]
    assert asked[0].name == "Respect"
    assert all(line.topic != "violence" for line in asked)


@pytest.mark.parametrize("first", TOPICS[:3])
def test_lines_of_the_topic_that_was_asked_for_lead(first: str) -> None:
    lines = [line for screen in screens("PT", first) for line in screen]
    own = [line.topic == first for line in lines]
    assert own[0] and own == sorted(own, reverse=True)
    assert len(lines) == len(library().help["PT"].lines)


def test_a_line_shows_name_contact_hours_languages_and_note() -> None:
    text = plain(page("CZ").text)
    assert "\n\n116 016\n24/7\nCzech, English, Ukrainian\nFor partner violence.\n\n" in text
    text = plain(page("ES").text)
    assert "016 Violencia de Género\n016\n24/7\nIt is not on the bill. Delete it from your phone's call log.\n" in text


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("US", ["988", "741741", "1-800-799-7233", "88788"]),
        ("DE", ["0800 111 0 111", "0800 111 0 222", "116 123", "116 016", "0800 123 99 00"]),
        ("BR", ["188", "180", "(61) 9610-0180"]),
        ("ZA", ["0800 567 567", "0800 428 428", "*120*7867#", "116"]),
        ("GB", ["116 123", "85258", "111"]),
        ("CA", ["9-8-8", "1-866-863-0511"]),
        ("JP", ["0120-279-338", "0570-783-556", "#8008"]),
        (NOWHERE, []),
    ],
)
def test_the_numbers_of_a_screen_can_be_copied_and_nothing_else(code: str, numbers: list[str]) -> None:
    assert copied(page(code)) == numbers


@pytest.mark.parametrize("code", CODES)
def test_every_contact_with_a_digit_can_be_copied(code: str) -> None:
    every = "\n".join(copied(page(code)) + copied(page(code, number=1)))
    for line in [line for screen in screens(code) for line in screen]:
        digits = [part for part in line.contact.replace(",", " ").split() if part[-1].isdecimal() and len(part) > 1]
        assert all(part in every for part in digits), line


def test_the_country_is_asked_first_where_it_is_not_known_and_the_page_shows_at_once() -> None:
    bot = couple()
    bot.give(Words(ANA, "/help"))
    text = plain(newest(bot).message.text)
    assert "112 or 911" in text and "findahelpline.com" in text
    assert labels(newest(bot)) == ["Choose my country", "Calm me down"]
    tap(bot, ANA, "Choose my country")
    tap(bot, ANA, "Spain")
    assert "call: 112." in plain(newest(bot).message.text)
    assert labels(newest(bot)) == ["Show more lines", "Calm me down", "Change country"]


def test_more_lines_turn_in_place_and_come_back_to_the_first() -> None:
    bot = at_home_in("CH")
    pages = len(bot.phones[ANA])
    first = newest(bot).message.text
    assert tap(bot, ANA, "Show more lines") is None
    assert newest(bot).message.text != first and "opferhilfe-schweiz.ch" in newest(bot).message.text
    assert tap(bot, ANA, "Show more lines") is None
    assert newest(bot).message.text == first and len(bot.phones[ANA]) == pages
    assert bot.world.people[ANA].country == "CH"


def test_a_page_that_is_not_there_is_one_that_is() -> None:
    assert page("CH", number=2) == page("CH") and page("ES", number=7) == page("ES", number=1)
    assert page("SE").buttons == page("SE", number=5).buttons


def test_three_lines_need_no_second_screen() -> None:
    assert labels(newest(at_home_in("SE"))) == ["Calm me down", "Change country"]


def test_a_country_without_lines_of_a_topic_shows_the_others() -> None:
    assert shown(page("TR", first="crisis"), "TR") == list(library().help["TR"].lines)


def test_the_help_page_leaves_nothing_on_the_other_phone() -> None:
    bot = at_home_in("CH")
    tap(bot, ANA, "Show more lines")
    assert bot.phones.get(BEN, []) == []
    assert data_of(bot, ANA, "Change country") == "m:country"


def test_the_screens_of_a_topic_turn_and_keep_it_in_front() -> None:
    bot = at_home_in("PT")
    assert bot.give(Tap(ANA, "n:violence:1")) is None
    assert "SNS 24" in newest(bot).message.text and "APAV" not in newest(bot).message.text
    assert tap(bot, ANA, "Show more lines") is None
    text = newest(bot).message.text
    assert text.index("800 202 148") < text.index("APAV") < text.index("1411") and "SNS 24" not in text


def test_the_button_of_an_older_page_still_turns_it() -> None:
    bot = at_home_in("CH")
    assert bot.give(Tap(ANA, "m:help_all")) is None
    assert "opferhilfe-schweiz.ch" in newest(bot).message.text


@pytest.mark.parametrize("data", ["n::x", "n::-1", "n::²", "n::123", "n:bogus:0", "n:violence:", "n:violence"])
def test_a_forged_screen_is_refused(data: str) -> None:
    assert isinstance(at_home_in("CH").give(Tap(ANA, data)), Refused)
