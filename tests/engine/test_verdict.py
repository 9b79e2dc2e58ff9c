"""“Did that help?”: asked once a day after an exercise, heard by nobody else, and twice worse says so plainly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from phones import ANA, BEN, EVENING, couple, data_of, holding, library, tap, texts

from bot.authoring.rehearsal import Rehearsal, settled, stage
from bot.engine.events import Edit, Refused, Send, Tap, Words
from bot.engine.run import Crisis, Person, Safety, changed

QUESTION = "Did that help?"
THANKS = "Thank you for saying so."


def alone(**changes: object) -> Rehearsal:
    return stage(library(), [changed(settled(Person(ANA, "Ana"), EVENING), **changes)], EVENING)


def calm(bot: Rehearsal, said: str | None = None) -> list[str]:
    """Calming down, to its end; gives what was read then."""
    bot.give(Words(ANA, "/calm_me"))
    tap(bot, ANA, "I am done")
    tap(bot, ANA, "Skip")
    read = texts(bot, ANA)
    if said is not None:
        tap(bot, ANA, said)
    return read


def check(bot: Rehearsal, said: str | None = None) -> list[str]:
    bot.give(Words(ANA, "/check_in"))
    tap(bot, ANA, "Skip")
    read = texts(bot, ANA)
    if said is not None:
        tap(bot, ANA, said)
    return read


def last(bot: Rehearsal) -> str:
    bubble = bot.bubble(ANA, "verdict")
    assert bubble is not None
    return bubble.message.text


@pytest.mark.parametrize("said", ["It helped", "It did not", "It made things worse"])
def test_the_question_becomes_thanks_and_nobody_else_hears_of_it(said: str) -> None:
    bot = couple()
    assert check(bot)[-2:] == [QUESTION, "Shall I ask you this every day at 21:00?"]
    tap(bot, ANA, said)
    assert [one.to for one in bot.effects if isinstance(one, Send | Edit)] == [ANA]
    assert last(bot) == THANKS and holding(bot, ANA, "It helped") is None
    assert texts(bot, BEN) == []


def test_both_are_asked_after_something_for_two_each_alone() -> None:
    bot = couple()
    bot.give(Words(ANA, "/talk_in_turns"))
    while bot.world.runs:
        for person in (ANA, BEN):
            if (bubble := holding(bot, person, "Skip")) is not None and (button := bubble.button("Skip")) is not None:
                bot.give(Tap(person, button.data))
    assert texts(bot, ANA)[-1] == texts(bot, BEN)[-1] == QUESTION
    tap(bot, ANA, "It made things worse")
    assert texts(bot, BEN) == [] and holding(bot, BEN, "It helped") is not None
    assert bot.world.people[BEN].worse == {}


def test_no_question_after_a_pause_or_a_soft_ending_or_a_stop() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    tap(bot, ANA, "Twenty minutes")
    bot.pass_time(timedelta(minutes=20))
    for person in (ANA, BEN):
        tap(bot, person, "Calm enough to talk")
    bot.pass_time(timedelta(days=2))
    bot.give(Words(ANA, "/calm_me"))
    bot.give(Words(ANA, "/stop"))
    assert bot.world.runs == {}
    for person in (ANA, BEN):
        assert QUESTION not in texts(bot, person)


def test_no_question_after_the_stand_in_of_a_pause() -> None:
    bot = alone()
    bot.give(Words(ANA, "/time_out"))
    for _ in range(6):
        if (bubble := holding(bot, ANA, "Skip")) is not None and (button := bubble.button("Skip")) is not None:
            bot.give(Tap(ANA, button.data))
        bot.pass_time(timedelta(hours=13))
    assert bot.world.people[ANA].finished == {"time_out_alone": 1}
    assert QUESTION not in texts(bot, ANA)


def test_it_is_asked_once_a_day_for_each_flow() -> None:
    bot = alone(zone="America/Los_Angeles")
    assert QUESTION in calm(bot)
    assert QUESTION not in calm(bot)
    assert QUESTION in check(bot)
    bot.pass_time(timedelta(hours=11))  # the same day there, the next one in Greenwich
    assert QUESTION not in calm(bot, "It helped")
    bot.pass_time(timedelta(hours=2))
    assert QUESTION in calm(bot)


def test_twice_worse_in_a_row_says_that_a_person_may_help_more() -> None:
    bot = alone()
    calm(bot, "It made things worse")
    assert last(bot) == THANKS
    assert bot.world.people[ANA].worse == {"calm_me": 1, "*": 1}
    bot.restart()
    check(bot, "It made things worse")
    assert "a person with training can help you more than I can" in last(bot)
    tap(bot, ANA, "More help")
    assert "Help from people" in texts(bot, ANA)[-1]


def test_something_that_helped_in_between_begins_the_count_anew() -> None:
    bot = alone()
    calm(bot, "It made things worse")
    check(bot, "It helped")
    assert bot.world.people[ANA].worse == {"calm_me": 1}
    bot.pass_time(timedelta(days=1))
    calm(bot, "It made things worse")
    assert last(bot) == THANKS
    assert bot.world.people[ANA].worse == {"calm_me": 2, "*": 1}
    bot.pass_time(timedelta(days=1))
    calm(bot, "It did not")
    assert bot.world.people[ANA].worse == {}


def test_old_and_forged_buttons_are_refused() -> None:
    bot = alone()
    for data in ("v:calm_me:h", "v:nothing:w", "v::h"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    calm(bot)
    old = data_of(bot, ANA, "It helped")
    for data in ("v:calm_me:x", "v:check_in:h", "v:calm_me:"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    check(bot)
    assert isinstance(bot.give(Tap(ANA, old)), Refused), "a newer question has taken its place"
    newer = data_of(bot, ANA, "It helped")
    bot.give(Tap(ANA, newer))
    assert isinstance(bot.give(Tap(ANA, newer)), Refused)


def test_the_answer_may_be_typed() -> None:
    bot = alone()
    calm(bot)
    bot.give(Words(ANA, "it helped"))
    assert last(bot) == THANKS


def test_nobody_is_asked_in_a_crisis() -> None:
    bot = alone()
    crisis = Crisis("suicide", EVENING, EVENING + timedelta(hours=72))
    bot.world = replace(bot.world, safety={ANA: Safety(crisis=crisis)})
    assert QUESTION not in calm(bot)
