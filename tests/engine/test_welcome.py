"""What is asked when it is first needed: a name, whose phone it is, when to keep quiet; and never before help."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from odd_flows import with_flow
from phones import ANA, BEN, CLEO, EVENING, data_of, holding, labels, strangers, tap, texts
from phones import library as shipped

from bot.authoring.rehearsal import Rehearsal, settled, stage
from bot.engine.events import Due, Located, Refused, Send, Tap, Tidy, Words
from bot.engine.library import Library
from bot.engine.run import Form, Person, changed
from bot.engine.saved import dump_run

NAME = "Before we start, what shall I call you? Tap, or type a name."
PRONOUN = "Which words fit you?"
PHONE = "Does anyone else use this phone, or this account?"
QUIET = "When shall I keep quiet?"

DIARY = """
flow: diary
title: Diary
steps:
  first: {ask: What was good today, answer: text}
  again: {ask: "You wrote {first}. What else", answer: text}
"""

LETTER = """
flow: letter
title: Letter
kind: light
roles: [one, two]
steps:
  mine: {who: one, ask: A line for the other one, answer: text, share: now}
  read: {who: two, say: "{one} wrote {mine}."}
"""


@cache
def library() -> Library:
    return with_flow(with_flow(shipped(), DIARY), LETTER)


def new(**changes: object) -> Rehearsal:
    """Ana, who has read the first message and nothing else, and Ben, her partner."""
    ana = changed(Person(ANA, "Ana", met=True, partner=BEN, linked=EVENING - timedelta(days=30)), **changes)
    return stage(library(), [ana, settled(Person(BEN, "Ben", partner=ANA), EVENING)], EVENING)


# --- a name -----------------------------------------------------------------------------------------------------------


def test_a_name_and_words_are_asked_one_by_one_and_then_it_starts() -> None:
    bot = new()
    bot.give(Words(ANA, "/check_in"))
    assert texts(bot, ANA) == [NAME] and bot.world.runs == {}
    assert labels(bot.phones[ANA][-1]) == ["Use “Ana”", "Skip"]
    tap(bot, ANA, "Use “Ana”")
    assert texts(bot, ANA) == [PRONOUN] and len(bot.phones[ANA]) == 1
    assert labels(bot.phones[ANA][-1]) == ["she, her", "he, him", "they, or just my name", "Skip"]
    tap(bot, ANA, "she, her")
    assert bot.phones[ANA][0].message.text == "Thank you, Ana."
    me = bot.world.people[ANA]
    assert (me.name, me.pronoun, me.introduced, me.dialog) == ("Ana", "she", True, None)
    assert [run.flow for run in bot.world.runs.values()] == ["check_in"]
    bot.give(Words(ANA, "/stop"))
    texts(bot, ANA)
    bot.give(Words(ANA, "/check_in"))
    assert NAME not in texts(bot, ANA)


def test_both_can_be_skipped_and_nothing_is_made_up() -> None:
    bot = new()
    bot.give(Words(ANA, "/check_in"))
    tap(bot, ANA, "Skip")
    tap(bot, ANA, "Skip")
    assert (bot.world.people[ANA].name, bot.world.people[ANA].pronoun) == ("Ana", "other")
    assert [run.flow for run in bot.world.runs.values()] == ["check_in"]


def test_a_typed_name_is_the_name_and_typed_words_are_the_words() -> None:
    bot = new()
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, " Annie  May "))
    assert texts(bot, ANA) == [NAME, PRONOUN], "below what was typed"
    assert labels(bot.phones[ANA][0]) == []
    bot.give(Words(ANA, "He, him"))
    assert (bot.world.people[ANA].name, bot.world.people[ANA].pronoun) == ("Annie May", "he")
    assert [run.flow for run in bot.world.runs.values()] == ["check_in"]
    assert not any("Settings" in words for words in texts(bot, ANA))


def test_skip_may_be_typed_and_is_no_name() -> None:
    bot = new()
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, "skip"))
    assert texts(bot, ANA)[-1] == PRONOUN and bot.world.people[ANA].name == "Ana"
    bot.give(Words(ANA, "skip"))
    assert [run.flow for run in bot.world.runs.values()] == ["check_in"]


def test_somebody_without_a_name_is_not_offered_an_empty_one() -> None:
    bot = new(name="")
    bot.give(Words(ANA, "/check_in"))
    assert labels(bot.phones[ANA][-1]) == ["Skip"]


def test_the_flow_for_two_waits_for_the_name_too_and_the_partner_with_it() -> None:
    bot = new()
    bot.gates_open = False
    bot.give(Words(ANA, "/letter"))
    tap(bot, ANA, "Skip")
    assert texts(bot, BEN) == []
    bot.restart()
    tap(bot, ANA, "Skip")
    assert len(bot.world.runs) == 1
    assert [run.flow for run in bot.world.runs.values()] == ["letter"]


@pytest.mark.parametrize("said", ["/time_out", "time out", "/pause", "/time_out_alone", "/calm_me", "/help"])
def test_nothing_is_asked_before_help(said: str) -> None:
    for partner in (BEN, None):
        bot = new(partner=partner)
        bot.give(Words(ANA, said))
        read = texts(bot, ANA)
        assert NAME not in read and read != []
        assert not bot.world.people[ANA].introduced


@pytest.mark.parametrize("between", ["/time_out", "/calm_me", "/help", "/settings", "time out"])
def test_what_comes_in_between_does_not_lose_the_flow(between: str) -> None:
    bot = new()
    bot.give(Words(ANA, "/check_in"))
    use = data_of(bot, ANA, "Use “Ana”")
    bot.give(Words(ANA, between))
    texts(bot, ANA)
    bot.give(Words(ANA, "not a name of anybody"))
    assert bot.world.people[ANA].name == "Ana"
    texts(bot, ANA)
    bot.give(Words(ANA, "/check_in"))
    assert NAME in texts(bot, ANA)
    assert bot.give(Tap(ANA, use)) is None
    tap(bot, ANA, "Skip")
    assert "check_in" in [run.flow for run in bot.world.runs.values()]


def test_old_and_forged_buttons_are_refused() -> None:
    bot = new()
    for data in ("i:name:use:nowhere", "i:name:x:check_in", "i:pronoun:it:check_in", "i:phone:me", "i:phone:x", "i:x"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    bot.give(Words(ANA, "/check_in"))
    use = data_of(bot, ANA, "Use “Ana”")
    tap(bot, ANA, "Skip")
    she = data_of(bot, ANA, "she, her")
    tap(bot, ANA, "Skip")
    before = bot.world
    for data in (use, she):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    assert bot.world is before
    assert isinstance(bot.give(Tap(ANA, "i:pronoun:he:one_turn")), Refused)


# --- whose phone ------------------------------------------------------------------------------------------------------


def test_the_phone_is_asked_after_the_first_exercise_and_once() -> None:
    bot = new(introduced=True)
    bot.give(Words(ANA, "/calm_me"))
    tap(bot, ANA, "I am done")
    tap(bot, ANA, "Skip")
    assert texts(bot, ANA)[-1] == "Did that help?", "one thing at a time"
    tap(bot, ANA, "It helped")
    assert texts(bot, ANA)[-1] == PHONE
    tap(bot, ANA, "Only me")
    assert bot.world.people[ANA].shared_phone is False
    bot.pass_time(timedelta(days=1))
    bot.give(Words(ANA, "/calm_me"))
    tap(bot, ANA, "I am done")
    tap(bot, ANA, "Skip")
    tap(bot, ANA, "It helped")
    assert PHONE not in texts(bot, ANA)


def test_the_phone_is_asked_on_the_second_day_by_day_and_silently() -> None:
    days, hours = set(), set()
    for seed in range(20):
        bot = strangers()
        bot.seed = seed
        bot.give(Words(BEN, "/start"))
        assert PHONE not in texts(bot, BEN)
        due, owner = bot.timers[f"own:{BEN}:phone"]
        days.add(due.date() - EVENING.date())
        hours.add(due.hour)
        assert owner == BEN
        bot.pass_time(timedelta(days=2))
        (sent,) = [one for one in bot.effects if isinstance(one, Send)]
        assert sent.unasked and sent.message.text == PHONE
        bot.pass_time(timedelta(days=30))
        assert texts(bot, BEN) == [PHONE]
    assert days == {timedelta(days=1)} and hours <= set(range(10, 20)) and len(hours) > 4


def test_the_second_day_waits_for_a_pause_and_for_quiet_hours() -> None:
    bot = new()
    bot.give(Words(ANA, "/time_out"))
    tap(bot, ANA, "Tomorrow, after sleep")
    texts(bot, ANA)
    bot.give(Due(ANA, f"own:{ANA}:phone", bot.now))
    assert texts(bot, ANA) == [] and f"own:{ANA}:phone" in bot.timers
    bot = new(quiet="22:00-08:00")
    bot.now = EVENING + timedelta(hours=3)
    bot.give(Due(ANA, f"own:{ANA}:phone", bot.now))
    assert texts(bot, ANA) == [] and 10 <= bot.timers[f"own:{ANA}:phone"][0].hour < 20


def test_no_answer_counts_as_ones_own_phone() -> None:
    bot = new(introduced=True)
    bot.give(Due(ANA, f"own:{ANA}:phone", bot.now + timedelta(hours=15)))
    bot.now = EVENING.replace(hour=12)
    bot.give(Due(ANA, f"own:{ANA}:phone", bot.now))
    assert texts(bot, ANA) == [PHONE] and bot.world.people[ANA].shared_phone is False
    tap(bot, ANA, "Skip")
    assert bot.world.people[ANA].shared_phone is False


def shared() -> Rehearsal:
    return new(introduced=True, told=True, shared_phone=True)


def test_a_shared_phone_is_told_what_that_means_and_can_be_switched_back() -> None:
    bot = new(introduced=True, shared_phone=False)
    bot.give(Words(ANA, "/settings"))
    assert "This phone: Only me" in texts(bot, ANA)[0]
    tap(bot, ANA, "This phone")
    tap(bot, ANA, "Someone else too")
    meant = bot.phones[ANA][-1].message.text
    for words in ("is not kept", "tidy this chat", "no private questions", "More help", "not offered", "/settings"):
        assert words in meant
    assert bot.world.people[ANA].shared_phone is True and texts(bot, BEN) == []
    bot.give(Words(ANA, "/settings"))
    assert "This phone: Someone else too" in bot.phones[ANA][-1].message.text
    tap(bot, ANA, "This phone")
    tap(bot, ANA, "Only me")
    assert bot.world.people[ANA].shared_phone is False


def test_on_a_shared_phone_private_words_are_not_kept() -> None:
    bot = shared()
    bot.give(Words(ANA, "/diary"))
    bot.give(Words(ANA, "the walk by the sea"))
    (run,) = bot.world.runs.values()
    given = run.answer("first", ANA)
    assert given is not None and given.form is Form.WORDS and given.value == ""
    assert "sea" not in dump_run(run) and "sea" not in repr(bot.effects)
    assert bot.phones[ANA][-2].message.text == "Thank you. This was not kept."
    assert "You wrote (not kept)." in texts(bot, ANA)[-1]


def test_on_ones_own_phone_they_are_and_shared_words_reach_the_other_from_a_shared_one() -> None:
    bot = shared()
    bot.world = replace(bot.world, people={**bot.world.people, ANA: changed(bot.world.people[ANA], shared_phone=False)})
    bot.give(Words(ANA, "/diary"))
    bot.give(Words(ANA, "the walk by the sea"))
    assert "You wrote “the walk by the sea”." in texts(bot, ANA)[-1]
    bot = shared()
    bot.give(Words(ANA, "/letter"))
    bot.give(Words(ANA, "thank you for the tea"))
    tap(bot, ANA, "Send")
    assert any("“thank you for the tea”" in words for words in texts(bot, BEN))


def test_words_kept_to_oneself_are_not_kept_on_a_shared_phone_either() -> None:
    bot = shared()
    bot.give(Words(ANA, "/letter"))
    bot.give(Words(ANA, "better not"))
    tap(bot, ANA, "Keep to myself")
    assert "better not" not in repr(bot.world)
    assert not any("better not" in words for words in texts(bot, BEN))


def test_a_shared_phone_is_tidied_after_each_flow_and_only_that_one() -> None:
    bot = shared()
    bot.give(Words(ANA, "/letter"))
    begun = bot.now
    bot.now += timedelta(minutes=3)
    bot.give(Words(ANA, "thank you"))
    tap(bot, ANA, "Send")
    tidied = [one for one in bot.effects if isinstance(one, Tidy)]
    assert tidied == [Tidy(ANA, begun, "All done here. The menu is at /menu.")]
    asked = next(
        at for at, one in enumerate(bot.effects) if isinstance(one, Send) and one.message.text == "Did that help?"
    )
    assert bot.effects.index(tidied[0]) < asked, "what is asked afterwards stays"


def test_talks_about_conflicts_are_openly_not_offered_on_a_shared_phone() -> None:
    bot = shared()
    bot.give(Words(ANA, "/menu"))
    assert "Talk" not in labels(bot.phones[ANA][-1])
    texts(bot, ANA)
    bot.give(Words(ANA, "/talk_in_turns"))
    assert texts(bot, ANA) == [
        "Talks about a conflict are not offered on this phone, because someone else uses it too. "
        "You can change that in /settings."
    ]
    assert bot.world.runs == {} and texts(bot, BEN) == []
    bot.give(Words(BEN, "/menu"))
    assert "Talk" in labels(bot.phones[BEN][-1]), "nothing of it shows on the other phone"


def test_a_household_copy_offers_none_to_anybody_and_says_so() -> None:
    bot = new(introduced=True)
    bot.library = replace(bot.library, household=True)
    for person in (ANA, BEN):
        bot.give(Words(person, "/menu"))
        assert "Talk" not in labels(bot.phones[person][-1])
        texts(bot, person)
        bot.give(Words(person, "/talk_in_turns"))
        (said,) = texts(bot, person)
        assert "not offered in this copy" in said and "one of you two runs it" in said
    assert bot.world.runs == {}


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("household", "shared_phone", "words"),
    [
        (False, False, ["180 days", "the server of Cleo", "/mine", "/forget", "only what you send"]),
        (False, True, ["only for yourself is not kept", "the server of Cleo", "/forget"]),
        (True, False, ["run by Cleo", "can read what is kept", "Do not write private things", "/forget"]),
    ],
)
def test_what_is_kept_is_said_once_before_the_first_words(
    household: bool, shared_phone: bool, words: list[str]
) -> None:
    bot = new(introduced=True, shared_phone=shared_phone)
    bot.library = replace(bot.library, household=household, operator="Cleo")
    bot.give(Words(ANA, "/diary"))
    note, question = texts(bot, ANA)
    assert [one for one in words if one not in note] == []
    assert question.startswith("What was good today") and bot.world.people[ANA].told
    bot.give(Words(ANA, "tea"))
    assert [one for one in texts(bot, ANA) if "Before you write" in one] == []


def test_nothing_is_said_of_it_before_buttons() -> None:
    bot = new(introduced=True)
    bot.give(Words(ANA, "/calm_me"))
    tap(bot, ANA, "I am done")
    assert not any("Before you write" in words for words in texts(bot, ANA))
    assert not bot.world.people[ANA].told


# --- the clock --------------------------------------------------------------------------------------------------------


def test_quiet_hours_are_asked_after_the_zone_and_kept() -> None:
    bot = new(introduced=True)
    bot.give(Located(ANA, "Europe/Berlin"))
    kept, asked = texts(bot, ANA)
    assert kept == "Your time zone is Europe/Berlin." and asked.startswith(QUIET)
    assert labels(bot.phones[ANA][-1]) == ["22:00 to 8:00", "21:00 to 7:00", "23:00 to 6:00", "Never"]
    tap(bot, ANA, "21:00 to 7:00")
    assert bot.world.people[ANA].quiet == "21:00-07:00"
    bot.give(Words(ANA, "/settings"))
    assert "Quiet hours: 21:00 to 7:00" in texts(bot, ANA)[-1]
    tap(bot, ANA, "Quiet hours")
    tap(bot, ANA, "Never")
    texts(bot, ANA)
    bot.give(Located(ANA, "Asia/Tokyo"))
    assert texts(bot, ANA) == ["Your time zone is Asia/Tokyo."], "never is an answer"
    for data in ("t:quiet:9", "t:quiet:x", "t:quiet:²"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data


def test_the_question_for_the_zone_says_that_a_place_is_not_kept() -> None:
    bot = new(introduced=True)
    bot.give(Words(ANA, "/settings"))
    tap(bot, ANA, "Time zone")
    asked = texts(bot, ANA)[-1]
    assert "paper clip" in asked and "the place is not kept" in asked


def test_a_shared_place_answers_the_reminder_that_waited_for_it() -> None:
    bot = new(introduced=True, told=True, shared_phone=False)
    bot.give(Words(ANA, "/check_in"))
    tap(bot, ANA, "Skip")
    tap(bot, ANA, "Yes, please")
    texts(bot, ANA)
    bot.give(Located(ANA, "Europe/Berlin"))
    assert "Good. I will write at 21:00, your time." in texts(bot, ANA)


def test_a_place_where_no_clock_is_known_is_asked_back() -> None:
    bot = new(introduced=True)
    bot.give(Located(ANA, ""))
    assert texts(bot, ANA)[0].startswith("I do not know that place.")
    assert bot.world.people[ANA].zone is None


def test_somebody_who_begins_with_a_place_reads_the_first_message_first() -> None:
    bot = strangers()
    bot.give(Located(BEN, "Europe/Berlin"))
    assert "I am a bot" in texts(bot, BEN)[0]


@pytest.mark.parametrize(
    ("quiet", "now", "heard"),
    [
        ("20:00-22:30", "21:00", "22:30"),
        ("21:00-07:00", "21:00", "07:00"),
        ("22:00-08:00", "21:00", "21:00"),
        ("20:00-21:00", "21:00", "21:00"),
        ("never", "21:00", "21:00"),
        ("", "21:00", "21:00"),
    ],
)
def test_an_invitation_in_quiet_hours_comes_when_they_end(quiet: str, now: str, heard: str) -> None:
    bot = new(introduced=True, zone="Europe/Berlin", quiet=quiet, rhythm={"check_in": "on"})
    moment = datetime.fromisoformat("2026-03-02T20:00:00+00:00")  # 21:00 in Berlin
    bot.timers = {f"every:{ANA}:check_in:": (moment, ANA)}
    bot.now = moment - timedelta(minutes=1)
    bot.pass_time(timedelta(minutes=1))
    while texts(bot, ANA) == []:
        at, _ = bot.timers[f"every:{ANA}:check_in:"]
        assert at - moment < timedelta(hours=24)
        bot.pass_time(at - bot.now)
    hours, minutes = map(int, heard.split(":"))
    local = bot.now + timedelta(hours=1)
    assert (local.hour, local.minute) == (hours, minutes)
    later, _ = bot.timers[f"every:{ANA}:check_in:"]
    assert later > bot.now and (later + timedelta(hours=1)).hour == 21


def test_a_promised_end_keeps_its_moment_in_quiet_hours() -> None:
    bot = new(introduced=True, zone="UTC", quiet="20:00-08:00")
    bot.give(Words(ANA, "/time_out"))
    tap(bot, ANA, "Twenty minutes")
    texts(bot, ANA)
    bot.pass_time(timedelta(minutes=20))
    assert any("The break is over" in words for words in texts(bot, ANA))


def test_the_first_message_asks_nothing() -> None:
    bot = strangers()
    bot.give(Words(BEN, "/start"))
    (first,) = texts(bot, BEN)
    assert "?" not in first and holding(bot, BEN, "More help") is not None
    assert CLEO not in bot.phones
