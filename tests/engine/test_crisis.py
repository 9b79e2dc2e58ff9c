"""Words that tell of danger: help at once for the one who typed them, and nothing of it anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from phones import ANA, BEN, EVENING, couple, holding, labels, library, strangers, tap, texts

from bot.authoring.rehearsal import Rehearsal
from bot.engine.danger import Language, Level, Rule, Rules
from bot.engine.events import Button, Due, Edit, Effect, PersonId, Refused, Send, Tap, Tidy, Words
from bot.engine.run import Crisis, Dialog, Person, Talk, changed
from bot.engine.safety_page import APART, TOPICS, beside
from bot.engine.saved import dump_person, dump_run, dump_safety
from bot.engine.text import plain

CERTAIN = {
    "i will end it tonight": "suicide",
    "he hit me": "violence_victim",
    "i hit her": "violence_perpetrator",
    "he reads all my messages": "coercive_control",
    "somebody hurts the baby": "child_risk",
    "my chest hurts": "medical_emergency",
    "the voices tell me to": "psychosis_or_mania",
    "i am fifteen": "minor_user",
}
ASK = {"i cannot go on": "suicide", "he scares me": "violence_victim"}
RULES = Rules(
    (
        Language(
            "tiny",
            rules=(
                *(Rule(words, kind, Level.CERTAIN) for words, kind in CERTAIN.items()),
                *(Rule(words, kind, Level.ASK) for words, kind in ASK.items()),
                Rule("she wants to die", "suicide", Level.CERTAIN, other=True),
                Rule("my wife cannot breathe", "medical_emergency", Level.CERTAIN, other=True),
            ),
            weapons=("the bot says you should",),
        ),
    )
)
SURE = "I will end it tonight"
UNSURE = "I cannot go on"
DELAY = timedelta(minutes=8)
"""The longest that somebody waits before they hear that a talk has ended."""


def with_rules(bot: Rehearsal, country: str | None = "US") -> Rehearsal:
    bot.library = replace(library(), danger=RULES)
    people = {number: changed(person, country=country, zone="UTC") for number, person in bot.world.people.items()}
    bot.world = replace(bot.world, people=people)
    return bot


@pytest.fixture
def two() -> Rehearsal:
    """Ana and Ben, linked, in the United States, with empty phones and tiny rules."""
    return with_rules(couple())


def talking(bot: Rehearsal) -> PersonId:
    """A talk in turns in which somebody has the floor: gives who speaks."""
    bot.give(Words(ANA, "/talk_in_turns"))
    first = ANA if any("Name one topic" in text for text in texts(bot, ANA)) else BEN
    bot.give(Words(first, "the key"))
    tap(bot, first, "Send")
    assert any("you have the floor" in text for text in texts(bot, first))
    texts(bot, other(first))
    return first


def other(person: PersonId) -> PersonId:
    return BEN if person == ANA else ANA


def page(bot: Rehearsal, person: PersonId) -> str:
    bubble = bot.bubble(person, "page")
    assert bubble is not None
    return plain(bubble.message.text)


def buttons(bot: Rehearsal, person: PersonId, tag: str) -> list[str]:
    bubble = bot.bubble(person, tag)
    return [] if bubble is None else labels(bubble)


def me(bot: Rehearsal, person: PersonId = ANA) -> Person:
    return bot.world.people[person]


def crisis(bot: Rehearsal, person: PersonId = ANA) -> Crisis | None:
    safety = bot.world.safety.get(person)
    return None if safety is None else safety.crisis


def addressed(effects: list[Effect]) -> set[PersonId]:
    return {effect.to for effect in effects if isinstance(effect, Send | Edit | Tidy)}


def sent(effects: list[Effect]) -> list[Send]:
    return [effect for effect in effects if isinstance(effect, Send)]


def saved_words(bot: Rehearsal) -> Iterator[str]:
    """Everything that is saved, apart from the words that wait."""
    for run in bot.world.runs.values():
        yield dump_run(run)
    for person in bot.world.people.values():
        yield dump_person(changed(person, waiting=None))
    for safety in bot.world.safety.values():
        yield dump_safety(safety)


# --- certain ----------------------------------------------------------------------------------------------------------


def test_in_a_talk_only_the_page_is_sent_and_nobody_else_notices(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    assert addressed(two.effects) == {first}
    assert [one.tag for one in sent(two.effects)] == ["page"]
    shown = page(two, first)
    assert "988" in shown and "call 911." in shown and "no person reads this chat" in shown
    assert texts(two, other(first)) == []


def test_somebody_else_reads_one_neutral_text_after_the_delay(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    two.pass_time(timedelta(minutes=3) - timedelta(seconds=1))
    assert texts(two, other(first)) == []
    texts(two, first)
    two.pass_time(DELAY)
    heard = texts(two, other(first))
    assert heard and "We stop here for now" in heard[0]
    assert texts(two, first) == []
    assert not any("talk_in_turns" in run.flow for run in two.world.runs.values())


def test_the_landing_is_the_same_as_after_a_stop(two: Rehearsal) -> None:
    """The other one cannot tell danger from a stop: same texts, same moment."""
    heard = []
    for typed in (SURE, "/stop"):
        bot = with_rules(couple())
        first = talking(bot)
        bot.give(Words(first, typed))
        start = bot.now
        while not bot.unread(other(first)):
            bot.pass_time(timedelta(seconds=1))
            assert bot.now - start < timedelta(minutes=9)
        heard.append((bot.now - start, texts(bot, other(first))))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("words", CERTAIN)
def test_every_kind_has_a_text_with_the_emergency_number_and_a_neutral_beginning(two: Rehearsal, words: str) -> None:
    two.give(Words(ANA, words))
    shown = page(two, ANA)
    assert "911" in shown
    assert shown[:60] == "Thank you for telling me. I am a bot, and no person reads th"
    assert [one.category for one in [crisis(two)] if one] == [CERTAIN[words]]
    assert len(sent(two.effects)) == 1


def test_with_a_body_in_danger_there_is_only_the_emergency_number(two: Rehearsal) -> None:
    two.give(Words(ANA, "my chest hurts"))
    assert "911" in page(two, ANA) and "988" not in page(two, ANA)
    assert "breath" not in page(two, ANA).lower()


def test_lines_for_the_hurt_and_for_those_who_hurt_never_stand_together() -> None:
    for words, lines, never in (
        ("he hit me", "0808 2000 247", "0808 802 4040"),
        ("I hit her", "0808 802 4040", "0808 2000 247"),
        ("I hit her because he hit me", "0808 2000 247", "0808 802 4040"),
        ("I hit her and he reads all my messages", "0808 802 4040", "0808 2000 247"),
    ):
        bot = with_rules(couple(), "GB")
        bot.give(Words(ANA, words))
        assert lines in page(bot, ANA) and never not in page(bot, ANA), words
        texts(bot, ANA)
        tap(bot, ANA, "More help")
        (helped,) = texts(bot, ANA)
        assert lines in helped and never not in helped, words


def test_texts_that_clash_never_stand_together() -> None:
    for first in TOPICS:
        for second in TOPICS:
            if first != second:
                topics = {topic for kind in (first, *beside((first, second))) for topic in TOPICS[kind]}
                assert topics & APART != APART


def test_a_country_without_such_lines_gets_the_directories() -> None:
    bot = with_rules(couple(), "TR")
    bot.give(Words(ANA, SURE))
    assert "findahelpline.com" in page(bot, ANA) and "112" in page(bot, ANA)


def test_the_most_urgent_leads_and_the_next_follows(two: Rehearsal) -> None:
    two.give(Words(ANA, "he hit me and I will end it tonight"))
    shown = page(two, ANA)
    assert shown.index("ending your life") < shown.index("not your fault")
    assert "988" in shown and "1-800-799-7233" in shown
    kept = crisis(two)
    assert kept is not None and (kept.category, kept.also) == ("suicide", ("violence_victim",))


def test_choking_gets_its_own_sentence(two: Rehearsal) -> None:
    two.give(Words(ANA, "he hit me and then choked me"))
    assert "passed out" in page(two, ANA)
    two.give(Words(BEN, "he hit me"))
    assert "passed out" not in page(two, BEN)


def test_for_somebody_else_there_is_a_text_of_its_own(two: Rehearsal) -> None:
    two.give(Words(ANA, "she wants to die"))
    assert "good that you care" in page(two, ANA)
    two.give(Words(BEN, "my wife cannot breathe"))
    assert "Please get a doctor now" in page(two, BEN)


def test_without_a_country_there_are_directories_and_a_choice() -> None:
    bot = with_rules(couple(), None)
    bot.give(Words(ANA, SURE))
    assert "112 or 911" in page(bot, ANA) and "findahelpline.com" in page(bot, ANA)
    tap(bot, ANA, "Choose my country")
    tap(bot, ANA, "Germany")
    assert "0800 111 0 111" in page(bot, ANA) and me(bot).country == "DE"
    assert "Choose my country" not in buttons(bot, ANA, "page")
    assert "I meant something else" in buttons(bot, ANA, "page")


def test_the_very_first_words_are_read_too() -> None:
    bot = with_rules(strangers())
    bot.give(Words(BEN, SURE))
    assert [one.tag for one in sent(bot.effects)] == ["page"]
    tap(bot, BEN, "I meant something else")
    assert any("small exercises for couples" in text for text in texts(bot, BEN))


def test_words_for_a_name_are_read_too_and_go_to_the_name_afterwards(two: Rehearsal) -> None:
    two.world = replace(two.world, people={**two.world.people, ANA: changed(me(two), dialog=Dialog(Talk.NAME))})
    two.give(Words(ANA, SURE))
    assert me(two).name == "Ana" and me(two).dialog is None
    tap(two, ANA, "I meant something else")
    assert me(two).name.startswith("I will end it")


def test_very_long_words_are_read_too(two: Rehearsal) -> None:
    two.give(Words(ANA, "so and " * 300 + SURE))
    assert "988" in page(two, ANA)


def test_what_stands_behind_a_command_is_read(two: Rehearsal) -> None:
    two.give(Words(ANA, "/menu"))
    assert crisis(two) is None
    two.give(Words(ANA, "/menu i will end it tonight"))
    assert crisis(two) is not None


# --- something else was meant -----------------------------------------------------------------------------------------


def test_something_else_resumes_the_same_step_with_the_words(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    texts(two, first)
    two.pass_time(timedelta(minutes=2))
    two.give(Words(first, "I meant something else"))
    assert addressed(two.effects) == {first}
    back = texts(two, first)
    assert any("you have the floor" in text for text in back) and SURE in back[-1]
    assert crisis(two, first) is None and me(two, first).waiting is None
    assert buttons(two, first, "page") == []
    tap(two, first, "Send")
    assert any(SURE in text for text in texts(two, other(first)))
    texts(two, first)
    two.pass_time(timedelta(hours=100))
    assert not any("usual messages" in text for text in texts(two, first))


def test_after_the_delay_the_talk_is_gone_and_the_crisis_is_lifted(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    two.pass_time(DELAY)
    assert me(two, first).waiting is None
    texts(two, other(first))
    texts(two, first)
    tap(two, first, "I meant something else")
    assert crisis(two, first) is None
    assert "has ended meanwhile" in texts(two, first)[-1]
    assert addressed(two.effects) == {first}
    assert two.give(Tap(first, "s:meant")) is not None


def test_several_certain_words_wait_together(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    two.give(Words(first, "he hit me"))
    assert me(two, first).waiting is not None
    assert sum("I meant something else" in labels(one) for one in two.phones[first]) == 1
    tap(two, first, "I meant something else")
    assert crisis(two, first) is None
    assert SURE in texts(two, first)[-1] and "he hit me" in plain(two.phones[first][-1].message.text)


def test_a_later_mistake_does_not_lift_an_earlier_crisis(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    two.pass_time(timedelta(hours=5))
    two.give(Words(ANA, "he hit me"))
    tap(two, ANA, "I meant something else")
    assert crisis(two) is not None


def test_what_one_is_in_alone_rests_and_can_go_on(two: Rehearsal) -> None:
    two.give(Words(ANA, "/calm_me"))
    tap(two, ANA, "I am done")
    texts(two, ANA)
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    two.give(Words(ANA, "the same"))
    assert not any("let the breath be" in text for text in texts(two, ANA))
    two.pass_time(timedelta(minutes=20))
    two.give(Words(ANA, "/calm_me"))
    assert any("How is your body now" in text for text in texts(two, ANA))


def test_something_else_brings_back_what_one_is_in_alone(two: Rehearsal) -> None:
    two.give(Words(ANA, "/calm_me"))
    tap(two, ANA, "I am done")
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    tap(two, ANA, "I meant something else")
    assert any("How is your body now" in text for text in texts(two, ANA))


def test_a_gate_stays_open_for_the_other_and_closes_like_any_other(two: Rehearsal) -> None:
    two.gates_open = False
    two.give(Words(ANA, "/talk_in_turns"))
    texts(two, ANA), texts(two, BEN)
    two.give(Words(ANA, SURE))
    assert buttons(two, ANA, next(one.tag for one in two.phones[ANA] if one.tag.endswith(":g"))) == []
    tap(two, BEN, "Yes")
    assert texts(two, BEN) == []
    two.pass_time(timedelta(minutes=10))
    assert any("Not now, maybe later." in text for text in texts(two, BEN))


def test_something_else_asks_at_the_gate_again(two: Rehearsal) -> None:
    two.gates_open = False
    two.give(Words(ANA, "/talk_in_turns"))
    texts(two, ANA), texts(two, BEN)
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    tap(two, ANA, "I meant something else")
    assert any("I ask each of you alone" in text for text in texts(two, ANA))
    assert texts(two, BEN) == []


def test_both_at_once(two: Rehearsal) -> None:
    """Each is treated alone, and neither hears of the other."""
    first = talking(two)
    second = other(first)
    two.give(Words(first, SURE))
    shown = [one.message for one in two.phones[first]]
    two.give(Words(second, "he hit me"))
    assert {one.to for one in sent(two.effects)} == {second}
    assert [one.message for one in two.phones[first]] == shown
    texts(two, first), texts(two, second)
    two.pass_time(timedelta(minutes=20))
    assert texts(two, first) == [] and texts(two, second) == []
    assert crisis(two, first) is not None and crisis(two, second) is not None


def test_both_at_once_and_one_meant_something_else(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    two.give(Words(other(first), "he hit me"))
    texts(two, first)
    tap(two, first, "I meant something else")
    assert "as soon as you send it" in texts(two, first)[-1], "the words are kept; the other one has left all the same"
    assert addressed(two.effects) == {first}
    assert crisis(two, first) is None and crisis(two, other(first)) is not None


def test_no_run_begun_for_two_is_offered_to_the_partner_later(two: Rehearsal) -> None:
    """A pause that was about to be called when the words came: nobody ever hears of it."""
    two.give(Words(ANA, "/time_out"))
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    two.pass_time(timedelta(minutes=10))
    assert two.world.runs == {}
    two.pass_time(timedelta(hours=60))
    assert texts(two, BEN) == []


# --- ask --------------------------------------------------------------------------------------------------------------


def test_a_light_question_keeps_the_place(two: Rehearsal) -> None:
    first = talking(two)
    before = two.world.runs
    two.give(Words(first, UNSURE))
    assert two.world.runs == before
    assert [one.tag for one in sent(two.effects)] == ["light"] and addressed(two.effects) == {first}
    assert buttons(two, first, "light") == ["I need help", "I'm safe, go on"]
    asked = texts(two, first)[-1]
    assert asked.startswith("I may have got this wrong.") and "911" in asked and "988" in asked
    tap(two, first, "I'm safe, go on")
    assert UNSURE in texts(two, first)[-1] and buttons(two, first, "light") == []
    assert crisis(two, first) is None and me(two, first).waiting is None


def test_the_same_subject_is_asked_once_a_day(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, UNSURE))
    two.give(Words(first, "I'm safe, go on"))
    tap(two, first, "Change")
    two.give(Words(first, UNSURE))
    assert [one.tag for one in sent(two.effects)] != ["light"]
    assert UNSURE in texts(two, first)[-1]
    two.give(Words(first, "he scares me"))
    assert [one.tag for one in sent(two.effects)] == ["light"]
    tap(two, first, "I'm safe, go on")
    two.give(Words(first, SURE))
    assert "988" in page(two, first)


def test_it_is_asked_again_on_another_day(two: Rehearsal) -> None:
    two.give(Words(ANA, UNSURE))
    tap(two, ANA, "I'm safe, go on")
    two.pass_time(timedelta(hours=3, minutes=59))
    two.give(Words(ANA, UNSURE))
    assert [one.tag for one in sent(two.effects)] != ["light"]
    two.pass_time(timedelta(minutes=1))
    two.give(Words(ANA, UNSURE))
    assert [one.tag for one in sent(two.effects)] == ["light"]


def test_help_shows_the_page_and_destroys_the_words(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, "he scares me"))
    tap(two, first, "I need help")
    assert "1-800-799-7233" in page(two, first) and buttons(two, first, "light") == []
    assert addressed(two.effects) == {first}
    assert me(two, first).waiting.words == ""  # type: ignore[union-attr]
    tap(two, first, "I meant something else")
    assert any("you have the floor" in text for text in texts(two, first))
    assert not any("he scares me" in plain(one.message.text) for one in two.phones[first])


def test_words_that_nobody_comes_back_to_are_destroyed_after_a_day(two: Rehearsal) -> None:
    two.give(Words(ANA, UNSURE))
    two.pass_time(timedelta(hours=24))
    assert me(two).waiting is None and buttons(two, ANA, "light") == []
    assert isinstance(two.give(Tap(ANA, "s:safe")), Refused)


def test_other_words_pass_while_the_light_question_stands(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, UNSURE))
    texts(two, first)
    two.give(Words(first, "I was late because of the train"))
    assert "because of the train" in texts(two, first)[-1]


def test_a_second_light_question_takes_both(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, UNSURE))
    two.give(Words(first, "he scares me"))
    assert sum("I need help" in labels(one) for one in two.phones[first]) == 1
    tap(two, first, "I'm safe, go on")
    seen = texts(two, first)[-1]
    assert UNSURE in seen and "he scares me" in seen


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_buttons_of_the_page(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    assert buttons(two, ANA, "page") == [
        "More help",
        "I meant something else",
        "Ask me tomorrow",
        "Hide this",
        "Keep things looking normal",
    ]
    assert all(len(one.data.encode()) <= 64 for one in _all_buttons(two, ANA))


def _all_buttons(bot: Rehearsal, person: PersonId) -> Iterator[Button]:
    for bubble in bot.phones[person]:
        for row in bubble.message.buttons:
            yield from row


def test_hiding_leaves_one_bland_line(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    tap(two, ANA, "More help")
    came = two.now
    two.pass_time(timedelta(minutes=1))
    tap(two, ANA, "Hide this")
    assert sent(two.effects) == [] and addressed(two.effects) == {ANA}
    tidy = next(effect for effect in two.effects if isinstance(effect, Tidy))
    assert tidy.since < came and came - tidy.since <= timedelta(minutes=1)
    assert [plain(one.message.text) for one in two.phones[ANA]] == ["This page is closed. The menu is at /menu."]
    assert list(_all_buttons(two, ANA)) == []
    assert me(two).waiting is None
    assert isinstance(two.give(Tap(ANA, "s:more")), Refused)
    assert crisis(two) is not None


def test_more_help_is_led_by_what_fits(two: Rehearsal) -> None:
    two.give(Words(ANA, "he hit me"))
    texts(two, ANA)
    tap(two, ANA, "More help")
    shown = texts(two, ANA)[-1]
    assert shown.index("1-800-799-7233") < shown.index("988")
    assert "and voice messages" in shown


def test_pages_close_by_themselves(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    tap(two, ANA, "More help")
    two.pass_time(timedelta(minutes=59))
    assert "Calm me down" in buttons(two, ANA, "help")
    two.pass_time(timedelta(minutes=1))
    assert buttons(two, ANA, "help") == [] and buttons(two, ANA, "page") != []
    two.pass_time(timedelta(hours=23))
    assert buttons(two, ANA, "page") == [] and page(two, ANA).startswith("This page is closed.")


def test_an_older_help_page_closes_when_a_new_one_opens(two: Rehearsal) -> None:
    two.give(Words(ANA, "/help"))
    two.give(Words(ANA, "/help"))
    assert sum("Calm me down" in labels(one) for one in two.phones[ANA]) == 1


def test_the_one_question_after_a_day(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    tap(two, ANA, "Ask me tomorrow")
    assert "Ask me tomorrow" not in buttons(two, ANA, "page") and "tomorrow" in two.toast
    texts(two, ANA)
    two.pass_time(timedelta(hours=23, minutes=59))
    assert texts(two, ANA) == []
    two.pass_time(timedelta(minutes=1))
    assert texts(two, ANA) == ["Just checking in. How are you today?"]
    tap(two, ANA, "Not so good")
    assert any("988" in text for text in texts(two, ANA))
    assert isinstance(two.give(Tap(ANA, "s:low")), Refused)


def test_nobody_is_asked_after_a_day_without_having_agreed(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    two.pass_time(timedelta(hours=71))
    assert texts(two, ANA) == []
    assert isinstance(two.give(Tap(ANA, "s:fine")), Refused)


# --- three days -------------------------------------------------------------------------------------------------------


def reminded(bot: Rehearsal) -> Rehearsal:
    """Ana has asked to be reminded of the check-in every day."""
    bot.world = replace(bot.world, people={**bot.world.people, ANA: changed(me(bot), rhythm={"check_in": "on"})})
    bot.timers[f"every:{ANA}:check_in:"] = (bot.now + timedelta(hours=1), ANA)
    return bot


def test_invitations_rest_until_their_person_wants_them_back(two: Rehearsal) -> None:
    reminded(two).give(Words(ANA, SURE))
    texts(two, ANA)
    two.pass_time(timedelta(hours=72))
    assert texts(two, ANA) == ["Would you like the usual messages back?"]
    two.pass_time(timedelta(hours=30))
    assert texts(two, ANA) == []
    tap(two, ANA, "Yes, please")
    assert crisis(two) is None
    two.pass_time(timedelta(hours=24))
    assert any("if you like" in text for text in texts(two, ANA))


def test_not_yet_is_asked_once_more_and_then_never(two: Rehearsal) -> None:
    reminded(two).give(Words(ANA, SURE))
    texts(two, ANA)
    for _ in range(2):
        two.pass_time(timedelta(hours=72))
        assert "Would you like the usual messages back?" in texts(two, ANA)
        tap(two, ANA, "Not yet")
        texts(two, ANA)
    two.pass_time(timedelta(hours=500))
    assert texts(two, ANA) == []
    tap(two, ANA, "Yes, please")
    assert crisis(two) is None


def test_things_can_look_normal(two: Rehearsal) -> None:
    reminded(two).give(Words(ANA, SURE))
    tap(two, ANA, "Keep things looking normal")
    assert "Keep things looking normal" not in buttons(two, ANA, "page")
    texts(two, ANA)
    two.pass_time(timedelta(hours=24))
    assert any("if you like" in text for text in texts(two, ANA))
    two.pass_time(timedelta(hours=72))
    assert not any("usual messages" in text for text in texts(two, ANA)) and crisis(two) is None


def test_things_for_two_rest_and_the_rest_does_not(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    two.give(Words(ANA, "/talk_in_turns"))
    assert texts(two, ANA) == ["Things for two rest for now. What you can do alone stays open."]
    assert labels(two.phones[ANA][-1]) == ["Calm me down", "More help"]
    two.give(Words(ANA, "/calm_me"))
    assert any("Follow the circle" in text for text in texts(two, ANA))
    assert texts(two, BEN) == []
    two.give(Words(ANA, "/time_out"))
    tap(two, ANA, "Twenty minutes")
    assert any("called a break" in text for text in texts(two, BEN))


def test_things_for_two_open_again_after_three_days(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    two.pass_time(timedelta(hours=72))
    texts(two, ANA)
    two.give(Words(ANA, "/talk_in_turns"))
    assert not any("rest for now" in text for text in texts(two, ANA))


def test_a_talk_that_the_partner_begins_is_not_now(two: Rehearsal) -> None:
    two.gates_open = False
    two.give(Words(ANA, SURE))
    texts(two, ANA)
    two.give(Words(BEN, "/talk_in_turns"))
    assert texts(two, ANA) == []
    texts(two, BEN)
    tap(two, BEN, "Yes")
    two.pass_time(timedelta(minutes=10))
    assert any("Not now, maybe later." in text for text in texts(two, BEN))
    assert texts(two, ANA) == []


# --- under 18 ---------------------------------------------------------------------------------------------------------


def test_under_eighteen_things_for_two_close_for_good(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, "I am fifteen"))
    shown = page(two, first)
    assert "1-800-422-4453" in shown and "If you are an adult" in shown and me(two, first).minor
    assert addressed(two.effects) == {first}
    two.pass_time(DELAY)
    assert "If you are an adult" not in page(two, first)
    assert "I meant something else" not in buttons(two, first, "page")
    assert isinstance(two.give(Tap(first, "s:meant")), Refused)
    two.pass_time(timedelta(hours=100))
    texts(two, first)
    two.give(Words(first, "/talk_in_turns"))
    assert texts(two, first) == ["Things for two are for adults. What you can do alone stays open."]
    assert me(two, first).minor


def test_an_adult_says_so_within_the_delay(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, "I am fifteen"))
    tap(two, first, "I meant something else")
    assert not me(two, first).minor and crisis(two, first) is None
    assert "I am fifteen" in texts(two, first)[-1]


def test_a_young_person_in_danger_gets_both(two: Rehearsal) -> None:
    two.give(Words(ANA, "I am fifteen and I will end it tonight"))
    shown = page(two, ANA)
    assert "988" in shown and "1-800-422-4453" in shown and me(two).minor


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [SURE, UNSURE, "he hit me and then choked me"])
def test_the_words_are_kept_nowhere_but_where_they_wait(two: Rehearsal, typed: str) -> None:
    first = talking(two)
    two.give(Words(first, typed))
    waiting = me(two, first).waiting
    assert waiting is not None and waiting.words == typed
    assert not any(typed in saved for saved in saved_words(two))
    assert not any(typed in repr(effect) for effect in two.effects)
    two.restart()
    assert me(two, first).waiting == waiting
    two.pass_time(timedelta(hours=25))
    assert me(two, first).waiting is None
    assert not any(typed in dump_person(person) for person in two.world.people.values())


def test_kind_time_and_buttons_are_kept(two: Rehearsal) -> None:
    two.give(Words(ANA, SURE))
    tap(two, ANA, "More help")
    tap(two, ANA, "Keep things looking normal")
    assert crisis(two) == Crisis(
        "suicide", EVENING, EVENING + timedelta(hours=72), usual=True, page=EVENING, pressed=("more", "usual")
    )


def test_a_restart_changes_nothing(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, SURE))
    two.restart()
    tap(two, first, "I meant something else")
    assert SURE in texts(two, first)[-1]


# --- words as weapons -------------------------------------------------------------------------------------------------


def test_a_weapon_gets_a_fixed_reply_where_nothing_is_asked(two: Rehearsal) -> None:
    two.give(Words(ANA, "the bot says you should wait"))
    assert texts(two, ANA) == [
        "I know only what I am told, and I take no side. What I show is for looking at yourself."
    ]


def test_a_weapon_in_a_preview_is_named_and_can_still_be_sent(two: Rehearsal) -> None:
    first = talking(two)
    two.give(Words(first, "the bot says you should wait"))
    assert "I take no side" in texts(two, first)[-1]
    tap(two, first, "Send")
    heard = texts(two, other(first))
    assert any("the bot says you should wait" in text for text in heard)
    assert not any("I take no side" in text for text in heard)


# --- before a pause ---------------------------------------------------------------------------------------------------


def test_before_a_pause_help_can_send_it_or_nothing(two: Rehearsal) -> None:
    two.give(Words(ANA, "/time_out"))
    tap(two, ANA, "More help")
    assert buttons(two, ANA, "help")[-2:] == ["Send the pause", "Send nothing"]
    texts(two, ANA)
    tap(two, ANA, "Send the pause")
    assert any("For how long" in text for text in texts(two, ANA))
    tap(two, ANA, "Send nothing")
    assert sent(two.effects) == [] and two.world.runs == {} and buttons(two, ANA, "help") == []
    assert texts(two, BEN) == []


def test_during_a_pause_the_help_page_is_the_plain_one(two: Rehearsal) -> None:
    two.give(Words(ANA, "/time_out"))
    tap(two, ANA, "More help")
    send = holding(two, ANA, "Send nothing")
    assert send is not None
    tap(two, ANA, "Twenty minutes")
    assert isinstance(two.give(Tap(ANA, next(one.data for one in send.once if one.label == "Send nothing"))), Refused)
    two.give(Words(ANA, "/help"))
    assert "Send nothing" not in buttons(two, ANA, "help")
    two.pass_time(timedelta(minutes=20))
    assert any("The break is over" in text for text in texts(two, ANA))
    two.give(Words(ANA, "/help"))
    assert "Send nothing" not in buttons(two, ANA, "help")


def test_nobody_else_can_press_them(two: Rehearsal) -> None:
    two.give(Words(ANA, "/time_out"))
    run = next(iter(two.world.runs))
    assert isinstance(two.give(Tap(BEN, f"s:none:{run}")), Refused)
    for data in ("s:need", "s:safe", "s:meant", "s:hide", "s:in:US", "s:yes", "s:later", "s:", "s:send:x"):
        assert isinstance(two.give(Tap(BEN, data)), Refused), data


@pytest.mark.parametrize("what", ["meant", "page", "usual", "follow", "help", "nothing"])
def test_a_late_timer_without_a_crisis_says_nothing(two: Rehearsal, what: str) -> None:
    two.give(Due(ANA, f"own:{ANA}:{what}", two.now))
    assert sent(two.effects) == []
