"""One's own data as the engine sees it: what is noted, what a tidying asks for, what is left of somebody forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from phones import ANA, BEN, CLEO, EVENING, couple, data_of, labels, library, strangers, tap, texts

from bot.authoring.rehearsal import Rehearsal
from bot.engine.events import Arrived, Forget, Link, Note, PersonId, Refused, Retract, Send, Tap, Tidy, Words
from bot.engine.flow import Share
from bot.engine.own_data import LATELY, LONGEST, SURE, past
from bot.engine.run import Answer, Draft, Form, Gate, Life, Person, changed

HOUR = timedelta(hours=1)


def notes(bot: Rehearsal, person: PersonId) -> list[tuple[str, str, bool]]:
    return [(one.step, one.words, one.shared) for one in bot.notes if one.of == person]


def tidied(bot: Rehearsal) -> Tidy:
    (tidy,) = [one for one in bot.effects if isinstance(one, Tidy)]
    return tidy


def put(bot: Rehearsal, person: PersonId, **changes: object) -> None:
    """This person with some fields changed."""
    people = {**bot.world.people, person: changed(bot.world.people[person], **changes)}
    bot.world = replace(bot.world, people=people)


def forget(bot: Rehearsal, person: PersonId) -> Forget:
    bot.give(Words(person, "/forget"))
    tap(bot, person, "Yes, remove everything")
    tap(bot, person, "Really everything")
    return next(one for one in bot.effects if isinstance(one, Forget))


# --- notes ------------------------------------------------------------------------------------------------------------


def test_an_answer_is_noted_as_it_was_read_and_a_skipped_one_is_not() -> None:
    bot = couple()
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, "8"))
    run = next(run for run in bot.world.runs.values())
    first = run.flow, notes(bot, ANA)[0]
    assert first == ("check_in", (next(iter(run.answers)), "8", False))
    before = len(bot.notes)
    tap(bot, ANA, "Skip")
    assert len(bot.notes) == before


def test_a_choice_is_noted_by_its_label_and_a_shared_one_is_marked() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    tap(bot, ANA, "Twenty minutes")
    assert [(words, shared) for _, words, shared in notes(bot, ANA)] == [("Twenty minutes", True)]
    assert notes(bot, BEN) == []


def test_nothing_is_noted_on_a_shared_phone() -> None:
    bot = couple()
    put(bot, ANA, shared_phone=True)
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, "8"))
    bot.give(Words(ANA, "/back"))
    assert not [one for one in bot.effects if isinstance(one, Note | Retract)]
    assert bot.notes == []


def test_an_answer_that_is_taken_back_is_not_kept() -> None:
    bot = couple()
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, "8"))
    bot.give(Words(ANA, "/back"))
    assert notes(bot, ANA) == []
    bot.give(Words(ANA, "3"))
    assert [words for _, words, _ in notes(bot, ANA)] == ["3"]
    tap(bot, ANA, "Skip")
    bot.give(Words(ANA, "/back"))
    assert [words for _, words, _ in notes(bot, ANA)] == ["3"], "a skipped answer has no note to take back"


def test_unlinking_drops_ones_own_shared_notes() -> None:
    bot = couple()
    bot.notes = [
        Note(who, "f", "s", f"{who} {shared}", shared, EVENING) for who in (ANA, BEN) for shared in (True, False)
    ]
    bot.give(Words(ANA, "/unlink"))
    assert [one.words for one in bot.notes] == [f"{ANA} False", f"{BEN} True", f"{BEN} False"]


# --- one's own past ---------------------------------------------------------------------------------------------------


def test_a_page_of_the_past_fits_into_one_message_and_cuts_long_answers() -> None:
    long = "word " * 250
    given = [Note(ANA, "check_in", "s", f"{number} {long}", False, EVENING) for number in range(11)]
    message = past(library(), Person(ANA, "Ana", zone="Asia/Tokyo"), given, 0, EVENING)
    assert len(message.text.encode("utf-16-le")) // 2 <= 4096
    assert message.text.count("…") == 10 and "10 word" not in message.text
    assert "03.03.2026" in message.text, "the day on the clock of its person"
    assert [one.data for row in message.buttons for one in row] == ["o:more:1", "m:home"]
    assert len(long) > LONGEST


def test_without_a_past_it_says_why() -> None:
    bot = couple()
    bot.give(Words(ANA, "/mine"))
    assert texts(bot, ANA) == ["There are no answers of yours here yet."]
    put(bot, ANA, shared_phone=True)
    bot.give(Words(ANA, "/mine"))
    assert texts(bot, ANA) == [
        "You said that this phone is shared, so I show no answers here. With /forget all that I keep is removed."
    ]
    assert texts(bot, BEN) == []


# --- the chat made bland ----------------------------------------------------------------------------------------------


def test_a_subject_begins_with_a_flow_for_everybody_in_it() -> None:
    bot = couple()
    bot.pass_time(HOUR)
    bot.give(Words(ANA, "/time_out"))
    assert [bot.world.people[who].topic for who in (ANA, BEN)] == [EVENING + HOUR] * 2


def test_a_help_page_begins_a_subject_unless_one_has_just_begun() -> None:
    bot = couple()
    bot.give(Words(ANA, "/check_in"))
    bot.pass_time(timedelta(minutes=59))
    bot.give(Words(ANA, "/help"))
    assert bot.world.people[ANA].topic == EVENING
    bot.pass_time(timedelta(minutes=2))
    bot.give(Words(ANA, "/help"))
    assert bot.world.people[ANA].topic == EVENING + timedelta(minutes=61)
    assert bot.world.people[BEN].topic is None


def test_hide_leaves_one_line_and_touches_nothing_else() -> None:
    bot = couple()
    bot.give(Words(ANA, "/settings"))
    bot.pass_time(HOUR)
    bot.give(Words(ANA, "/check_in"))
    bot.give(Words(ANA, "8"))
    before = bot.world
    bot.give(Words(ANA, "/hide"))
    assert (tidied(bot).to, tidied(bot).since) == (ANA, EVENING + HOUR)
    settings, line = bot.phones[ANA]
    assert "Settings" in settings.message.text
    assert line.message.text.startswith("The last messages of this chat are gone") and line.message.buttons == ()
    assert bot.world == before and bot.phones.get(BEN, []) == []
    bot.give(Words(ANA, "/check_in"))
    assert len(bot.unread(ANA)) > 1, "what was open is still open"


def test_hide_without_a_subject_reaches_back_an_evening() -> None:
    bot = couple()
    bot.give(Words(ANA, "/settings"))
    bot.pass_time(LATELY)
    bot.give(Words(ANA, "/menu"))
    bot.give(Words(ANA, "/hide"))
    assert tidied(bot).since == EVENING
    assert len(bot.phones[ANA]) == 1
    bot.phones[ANA].clear()
    bot.give(Words(ANA, "/hide"))
    assert [one.message.text for one in bot.phones[ANA]] == [tidied(bot).last]


def test_the_line_that_stays_is_bland_in_its_first_words() -> None:
    bot = couple()
    bot.give(Words(ANA, "/hide"))
    for words in (tidied(bot).bland, tidied(bot).last):
        assert not {"safe", "safety", "danger", "violence", "crisis", "abuse", "help"} & set(words.casefold().split())


# --- everything removed -----------------------------------------------------------------------------------------------


def test_it_asks_twice_and_no_keeps_everything() -> None:
    bot = couple()
    before = bot.world
    bot.give(Words(ANA, "/forget"))
    assert labels(bot.phones[ANA][-1]) == ["Yes, remove everything", "Keep it"]
    tap(bot, ANA, "Yes, remove everything")
    assert len(bot.phones[ANA]) == 1 and labels(bot.phones[ANA][-1]) == ["Really everything", "Keep it"]
    tap(bot, ANA, "Keep it")
    assert texts(bot, ANA)[-1] == "All right. Nothing was removed."
    assert bot.world == before and bot.phones.get(BEN, []) == []


def test_the_questions_close_after_an_hour() -> None:
    bot = couple()
    bot.give(Words(ANA, "/forget"))
    first = data_of(bot, ANA, "Yes, remove everything")
    tap(bot, ANA, "Yes, remove everything")
    second = data_of(bot, ANA, "Really everything")
    bot.pass_time(SURE + timedelta(minutes=1))
    for data in (first, second):
        assert isinstance(bot.give(Tap(ANA, data)), Refused)
    assert not bot.world.people[ANA].forgotten


@pytest.mark.parametrize(
    "data", ["o:", "o:gone:", "o:gone:99999999999", "o:gone:²", "o:sure:-1", "o:more:x", "o:keep:1"]
)
def test_forged_buttons_do_nothing(data: str) -> None:
    bot = couple()
    assert isinstance(bot.give(Tap(ANA, data)), Refused)


def test_somebody_alone_goes_at_once_with_their_runs() -> None:
    bot = strangers()
    bot.give(Words(CLEO, "/check_in"))
    done = forget(bot, CLEO)
    assert done.wholly and done.farewell is not None and done.farewell.text.startswith("Everything is removed.")
    assert bot.world.runs == {} and CLEO not in bot.world.safety
    assert bot.world.people[CLEO] == Person(CLEO, "")
    assert not [key for key in bot.timers if key.startswith(tuple("abcdefghijklmnop"))] or bot.world.runs == {}
    assert not [one for one in bot.effects if isinstance(one, Send) and one.to != CLEO]


def test_a_partner_hears_what_they_hear_of_any_unlinking() -> None:
    heard = []
    for leave in ("/unlink", "/forget"):
        bot = couple()
        bot.give(Words(ANA, leave))
        if leave == "/forget":
            tap(bot, ANA, "Yes, remove everything")
            tap(bot, ANA, "Really everything")
            tombstone = bot.world.people[ANA]
            assert tombstone == Person(
                ANA, "Ana", partner=BEN, linked=tombstone.linked, left=tombstone.left, forgotten=True
            )
        assert texts(bot, BEN) == []
        bot.pass_time(timedelta(minutes=9))
        heard.append(texts(bot, BEN))
        assert bot.world.people[BEN].partner is None
    assert heard[0] == heard[1] and len(heard[0]) == 1


def test_a_tombstone_goes_when_its_partner_has_heard() -> None:
    bot = couple()
    assert not forget(bot, ANA).wholly
    seen: list[Forget] = []
    for _ in range(9):
        bot.pass_time(timedelta(minutes=1))
        seen += [one for one in bot.effects if isinstance(one, Forget) and one.wholly and one not in seen]
    assert seen == [Forget(ANA, wholly=True)]


def test_in_a_talk_only_what_the_partner_has_read_stays_until_it_ends() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    (run,) = bot.world.runs.values()
    lives = {"a": Life.REVEALED, "b": Life.SEALED, "c": Life.PRIVATE, "d": Life.OFFERED}
    answers = {
        step: {who: Answer(Form.WORDS, f"{step} of {who}", Share.NOW, life, 1) for who in (ANA, BEN)}
        for step, life in lives.items()
    }
    drafts = {who: Draft(Form.WORDS, f"draft of {who}") for who in (ANA, BEN)}
    full = changed(
        run,
        answers=answers,
        parts={"p": answers},
        drafts=drafts,
        picks={ANA: ("x",)},
        joined=frozenset((ANA, BEN)),
    )
    asked = changed(run, id="gated", answers={}, gate=Gate(EVENING + HOUR, upset={ANA: 6, BEN: 5}))
    bot.world = replace(bot.world, runs={run.id: full, "gated": asked})
    bot.gates_open = False
    forget(bot, ANA)
    left = bot.world.runs[run.id]
    for kept in (left.answers, left.parts["p"]):
        assert [kept[step][ANA].value for step in lives] == ["a of 1", "", "", ""]
        assert [kept[step][ANA].life for step in lives] == [Life.REVEALED] + [Life.WITHDRAWN] * 3
        assert [kept[step][ANA].visit for step in lives] == [1] * 4
        assert [kept[step][BEN] for step in lives] == [answers[step][BEN] for step in lives]
    assert (list(left.drafts), left.picks) == ([BEN], {})
    gate = bot.world.runs["gated"].gate
    assert gate is not None and gate.upset == {BEN: 5}
    assert texts(bot, BEN) == []


def test_forgetting_after_an_unlinking_changes_nothing_for_the_partner() -> None:
    bot = couple()
    bot.give(Words(ANA, "/unlink"))
    until = bot.world.people[ANA].left
    bot.pass_time(timedelta(minutes=1))
    assert not forget(bot, ANA).wholly
    assert bot.world.people[ANA].left == until
    bot.pass_time(timedelta(minutes=9))
    assert len(texts(bot, BEN)) == 1


def test_somebody_who_waits_for_a_link_is_told_that_there_is_none() -> None:
    bot = strangers()
    bot.give(Arrived(CLEO, Link.GOOD, ANA))
    tap(bot, CLEO, "I agree")
    texts(bot, CLEO)
    assert forget(bot, ANA).wholly
    assert texts(bot, CLEO) == ["You are not linked."]
    assert bot.world.people[CLEO].pending is None
