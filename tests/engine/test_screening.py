"""The private questions: when they come, what is left of them, and that nothing of them reaches anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phones import ANA, BEN, EVENING, data_of, library, strangers, tap, texts

from bot.authoring.rehearsal import Rehearsal, settled, stage
from bot.engine.events import Arm, Arrived, Disarm, Due, Edit, Link, PersonId, Refused, Send, Tap, Words
from bot.engine.gate import cleared
from bot.engine.ledger import Ledger
from bot.engine.run import Clear, Crisis, Person, Safety, changed
from bot.engine.saved import dump_person, dump_run

NOON = EVENING - timedelta(hours=8)
KEY, CLOSING = f"own:{ANA}:questions", f"own:{ANA}:screen"
FIRST_LINE = "A few questions only for you, when you have a quiet minute, "
BLAND = "All right. The menu is at /menu."
NAMES = {"y": "Yes", "n": "No", "s": "Skip"}
TOPIC = ("safe", "hurt", "violen", "danger", "scare", "hit", "sex", "threat", "crisis", "abuse", "fear", "afraid")


def pair(now: datetime = NOON, *, zone: str | None = None, seed: int = 1, **changes: object) -> Rehearsal:
    """Ana and Ben, linked for long, of whom nothing is known yet. The changes are Ana's."""
    ana = changed(settled(Person(ANA, "Ana", zone=zone, partner=BEN), now), **changes)
    ben = settled(Person(BEN, "Ben", partner=ANA), now)
    return stage(library(), [ana, ben], now, cleared=False, seed=seed)


def begin(bot: Rehearsal, person: PersonId = ANA) -> None:
    """The moment of a round."""
    bot.give(Due(person, f"own:{person}:questions", bot.now))


def told(bot: Rehearsal, person: PersonId = ANA) -> Safety:
    return bot.world.safety.get(person, Safety())


def put(bot: Rehearsal, safety: Safety) -> None:
    bot.world = replace(bot.world, safety={ANA: safety})


def round_of(bot: Rehearsal, answers: str) -> None:
    """A whole round: alone, then these answers, then whatever closes it."""
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    for one in answers:
        tap(bot, ANA, NAMES[one])
    tap(bot, ANA, "Hide this" if bot.phones[ANA][-1].button("Hide this") else "Done")


def planned(bot: Rehearsal) -> datetime:
    """When the next round is to come. The timer and what is kept agree."""
    at = told(bot).planned
    assert at is not None and bot.timers[KEY] == (at, ANA)
    return at


def last(bot: Rehearsal) -> str:
    """What Ana's newest message says now."""
    return bot.phones[ANA][-1].message.text


def is_open(bot: Rehearsal) -> bool:
    return cleared(Ledger(bot.library, bot.world, bot.now, 1), ANA)


# --- nothing reaches anybody else -------------------------------------------------------------------------------------

rounds = st.lists(st.sampled_from("yns"), min_size=7, max_size=7).map("".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(rounds, st.sampled_from(["seen", "none", "silent", "left"])), min_size=1, max_size=4))
def test_whatever_is_answered_nobody_else_sees_or_keeps_a_trace(several: list[str]) -> None:
    bot = pair()
    people = [dump_person(one) for one in bot.world.people.values()]
    for one in several:
        for given_to, data in steps_of(bot, one):
            assert not isinstance(bot.give(Tap(given_to, data) if data else Due(given_to, KEY, bot.now)), Refused)
            for effect in bot.effects:
                match effect:
                    case Send(to) | Edit(to):
                        assert to == ANA
                    case Arm(key, owner):
                        assert owner == ANA and key.startswith(f"own:{ANA}:")
                    case Disarm(prefix):
                        assert prefix.startswith(f"own:{ANA}:")
                    case _:
                        raise AssertionError(effect)
        bot.give(Due(ANA, CLOSING, bot.now))
        assert last(bot) == BLAND and bot.phones[ANA][-1].message.buttons == ()
        assert told(bot).question is None and told(bot).marks == ()
        bot.now += timedelta(days=1)
        assert [dump_person(one) for one in bot.world.people.values()] == people
        assert [dump_run(run) for run in bot.world.runs.values()] == []
    assert BEN not in bot.phones and BEN not in bot.world.safety


def steps_of(bot: Rehearsal, one: str) -> list[tuple[PersonId, str]]:
    """The taps of one round; the first is its moment."""
    match one:
        case "silent":
            return [(ANA, "")]
        case "seen" | "none":
            return [(ANA, ""), (ANA, f"q:0:{'n' if one == 'seen' else 'd'}")]
        case "left":
            return [(ANA, ""), (ANA, "q:0:y"), (ANA, "q:1:y"), (ANA, "q:2:n")]
        case _:
            return [(ANA, ""), (ANA, "q:0:y"), *((ANA, f"q:{at}:{said}") for at, said in enumerate(one, 1))]


@settings(max_examples=60, deadline=None)
@given(st.lists(rounds, min_size=1, max_size=3))
def test_a_yes_closes_all_no_opens_and_a_skip_is_neither(several: list[str]) -> None:
    bot, expected = pair(), Clear.UNKNOWN
    for one in several:
        round_of(bot, one)
        if "y" in one:
            expected = Clear.NOT_OPEN
        elif "s" not in one:
            expected = Clear.OPEN
        elif expected is Clear.OPEN:
            expected = Clear.UNKNOWN
        assert told(bot).clear is expected
        assert told(bot).worry is (expected is Clear.NOT_OPEN)
        assert is_open(bot) is (expected is Clear.OPEN)
        assert told(bot).asked == bot.now
        assert timedelta(weeks=4) <= planned(bot) - bot.now <= timedelta(weeks=6)
        bot.now += timedelta(days=1)


def test_a_yes_closes_at_once_and_not_only_at_the_end() -> None:
    bot = pair()
    put(bot, Safety(Clear.OPEN))
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    tap(bot, ANA, "Yes")
    assert told(bot).clear is Clear.NOT_OPEN
    bot.pass_time(timedelta(hours=1))
    assert told(bot).clear is Clear.NOT_OPEN and told(bot).question is None


def test_a_round_left_in_the_middle_changes_nothing_and_comes_again() -> None:
    for before in (Clear.UNKNOWN, Clear.OPEN):
        bot = pair()
        put(bot, Safety(before))
        begin(bot)
        tap(bot, ANA, "Yes, I am alone")
        for _ in range(6):
            tap(bot, ANA, "No")
        bot.pass_time(timedelta(hours=1))
        assert told(bot).clear is before
        assert timedelta(days=2) <= planned(bot) - bot.now <= timedelta(days=4)


# --- no concerns ------------------------------------------------------------------------------------------------------


def decline(bot: Rehearsal) -> None:
    begin(bot)
    tap(bot, ANA, "No concerns, skip all")


def test_no_concerns_counts_on_a_second_day_and_not_on_the_same() -> None:
    bot = pair()
    decline(bot)
    assert told(bot).declined == ("2026-03-02",) and told(bot).clear is Clear.UNKNOWN
    bot.now += timedelta(hours=5)
    decline(bot)
    assert told(bot).declined == ("2026-03-02",) and not is_open(bot)
    bot.now += timedelta(days=1)
    decline(bot)
    assert told(bot).clear is Clear.OPEN and is_open(bot)


def test_a_day_is_a_day_on_the_persons_own_clock() -> None:
    bot = pair(datetime.fromisoformat("2026-03-02T23:30:00+00:00"), zone="America/Los_Angeles")
    decline(bot)
    bot.now += timedelta(hours=1)
    decline(bot)
    assert told(bot).declined == ("2026-03-02",) and not is_open(bot)


def test_no_concerns_does_not_undo_a_worry_nor_count_from_before_one() -> None:
    bot = pair()
    decline(bot)
    bot.now += timedelta(days=1)
    round_of(bot, "nnnnynn")
    for _ in range(3):
        bot.now += timedelta(days=1)
        decline(bot)
    assert told(bot).clear is Clear.NOT_OPEN
    round_of(bot, "nnnnnnn")
    assert told(bot).clear is Clear.OPEN
    round_of(bot, "nnnsnnn")
    assert told(bot).clear is Clear.UNKNOWN
    bot.now += timedelta(days=1)
    decline(bot)
    assert told(bot).clear is Clear.UNKNOWN, "days from before the skip do not count"


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_it_is_one_silent_message_and_bland_where_a_glance_falls() -> None:
    bot = pair()
    begin(bot)
    (sent,) = [one for one in bot.effects if isinstance(one, Send)]
    assert sent.unasked and sent.to == ANA and sent.message.text.startswith(FIRST_LINE)
    seen = [bot.phones[ANA][-1].message]
    tap(bot, ANA, "Yes, I am alone")
    for _ in range(7):
        seen.append(bot.phones[ANA][-1].message)
        tap(bot, ANA, "Yes")
    seen.append(bot.phones[ANA][-1].message)
    tap(bot, ANA, "Other lines")
    seen.append(bot.phones[ANA][-1].message)
    tap(bot, ANA, "Hide this")
    assert len(bot.phones[ANA]) == 1 and last(bot) == BLAND
    assert bot.phones[ANA][0].message.buttons == ()
    assert len({message.text for message in seen}) == len(seen) == 10
    for message in seen:
        assert [word for word in TOPIC if word in message.text[:60].casefold()] == []
        labels = [one.label.casefold() for row in message.buttons for one in row]
        assert [word for word in TOPIC if any(word in label for label in labels)] == []
        assert any(one.label == "More help" for row in message.buttons for one in row)


@pytest.mark.parametrize(
    ("answers", "there", "not_there"),
    [
        ("ynnnnnn", ["1800 341 900", "not your fault"], ["neck", "It takes something"]),
        ("nynnnnn", ["1800 341 900", "neck", "see a doctor"], ["It takes something"]),
        ("nnnnnny", ["1800 341 900", "breakups"], ["neck", "It takes something", "fault"]),
        ("nnnnnyn", ["116 123", "It takes something"], ["1800 341 900", "fault"]),
        ("nnnnyyn", ["116 123", "It takes something"], ["1800 341 900", "fault"]),
        ("nnnnynn", ["Thank you. That was all."], ["1800 341 900", "call"]),
        ("nnnnnnn", ["Thank you. That was all."], ["1800 341 900", "call"]),
        ("snsnsns", ["Thank you. That was all."], ["1800 341 900", "call"]),
    ],
)
def test_the_end_points_to_people_where_an_answer_does(answers: str, there: list[str], not_there: list[str]) -> None:
    bot = pair(country="IE")
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    for one in answers:
        texts(bot, ANA)
        tap(bot, ANA, NAMES[one])
    (page,) = texts(bot, ANA)
    assert [words for words in there if words not in page] == []
    assert [words for words in not_there if words in page] == []
    bot.pass_time(timedelta(hours=1))
    assert last(bot) == BLAND and bot.phones[ANA][-1].message.buttons == ()


def test_lines_for_both_sides_are_never_on_one_page() -> None:
    bot = pair(country="GB")
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    for one in "ynnnnyn":
        tap(bot, ANA, NAMES[one])
    hurt = texts(bot, ANA)[-1]
    assert "0808 2000 247" in hurt and "0808 802 4040" not in hurt
    tap(bot, ANA, "Other lines")
    own = texts(bot, ANA)[-1]
    assert "0808 802 4040" in own and "0808 2000 247" not in own


def test_a_screen_that_is_not_private_shows_one_bland_line() -> None:
    bot = pair()
    begin(bot)
    tap(bot, ANA, "Someone could read this")
    assert last(bot) == BLAND
    assert told(bot).clear is Clear.UNKNOWN
    assert timedelta(days=2) <= planned(bot) - bot.now <= timedelta(days=4)


def test_no_answer_within_an_hour_is_the_same() -> None:
    bot = pair()
    begin(bot)
    bot.pass_time(timedelta(minutes=59))
    assert texts(bot, ANA)[0].startswith(FIRST_LINE)
    bot.pass_time(timedelta(minutes=1))
    assert texts(bot, ANA) == [] and bot.phones[ANA][0].message.text == BLAND
    assert timedelta(days=2) <= planned(bot) - bot.now <= timedelta(days=4)


def test_old_and_forged_buttons_are_refused() -> None:
    bot = pair()
    assert isinstance(bot.give(Tap(ANA, "q:0:y")), Refused)
    begin(bot)
    for data in ("q:1:y", "q:0:s", "q:0:x", "q:8:x", "q::y", "q:0:", "q:-1:y", "q:None:y"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    assert isinstance(bot.give(Tap(BEN, "q:0:y")), Refused)
    tap(bot, ANA, "Yes, I am alone")
    first = data_of(bot, ANA, "No")
    tap(bot, ANA, "No")
    before = bot.world
    for data in (first, first.replace(":n", ":y"), "q:0:y", "q:0:d", "q:3:n", "q:8:x"):
        assert isinstance(bot.give(Tap(ANA, data)), Refused), data
    assert bot.world is before


def test_the_round_goes_on_after_a_restart() -> None:
    bot = pair()
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    tap(bot, ANA, "Yes")
    bot.restart()
    for _ in range(6):
        tap(bot, ANA, "No")
    assert "not your fault" in texts(bot, ANA)[-1] and told(bot).clear is Clear.NOT_OPEN


# --- when -------------------------------------------------------------------------------------------------------------


def link(seed: int, now: datetime = EVENING) -> Rehearsal:
    bot = strangers()
    bot.seed, bot.now = seed, now
    bot.world = replace(bot.world, safety={})
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    tap(bot, ANA, "Yes, this is Ben")
    return bot


def test_linking_asks_nothing_and_plans_a_round_for_each_at_an_hour_that_varies() -> None:
    hours, days = set(), set()
    for seed in range(60):
        bot = link(seed)
        assert "A few questions" not in " ".join(texts(bot, ANA) + texts(bot, BEN))
        for person in (ANA, BEN):
            due, owner = bot.timers[f"own:{person}:questions"]
            assert owner == person and told(bot, person).planned == due
            assert timedelta(days=1) <= due - bot.now <= timedelta(days=3)
            assert 10 <= due.hour < 20
            hours.add(due.hour)
            days.add(due.date())
    assert len(hours) >= 9 and len(days) == 2


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_the_hours_are_those_of_the_persons_own_clock(zone: str) -> None:
    for seed in range(30):
        bot = pair(seed=seed, zone=zone)
        begin(bot)
        if told(bot).question is not None:
            tap(bot, ANA, "Someone could read this")
        assert 10 <= planned(bot).astimezone(ZoneInfo(zone)).hour < 20


def test_no_round_in_quiet_hours() -> None:
    bot = pair(quiet="09:00-15:00")
    begin(bot)
    assert texts(bot, ANA) == []
    assert 15 <= planned(bot).hour < 20
    bot.pass_time(timedelta(days=1))
    assert last(bot) == BLAND, "it came, and nobody answered it"


def test_a_round_that_is_late_in_the_night_waits_for_the_day() -> None:
    bot = pair(EVENING + timedelta(hours=3))
    begin(bot)
    assert texts(bot, ANA) == []
    assert 10 <= planned(bot).hour < 20 and planned(bot) - bot.now <= timedelta(days=1)


def test_it_waits_while_something_for_two_goes_on_or_a_pause() -> None:
    for command, answer in (("/talk_in_turns", None), ("/time_out", "Twenty minutes")):
        bot = pair()
        put(bot, Safety(Clear.OPEN))
        bot.world = replace(bot.world, safety={**bot.world.safety, BEN: Safety(Clear.OPEN)})
        bot.give(Words(ANA, command))
        if answer is not None:
            tap(bot, ANA, answer)
        texts(bot, ANA)
        begin(bot)
        assert texts(bot, ANA) == [], command
        assert planned(bot) - bot.now == timedelta(minutes=30)
        bot.give(Words(ANA, "/stop"))
        texts(bot, ANA)
        bot.pass_time(timedelta(minutes=30))
        assert any(words.startswith(FIRST_LINE) for words in texts(bot, ANA)), command


def test_it_waits_while_the_question_before_a_talk_is_open() -> None:
    bot = pair()
    bot.gates_open = False
    bot.give(Words(BEN, "/talk_in_turns"))
    texts(bot, ANA)
    begin(bot)
    assert texts(bot, ANA) == []
    assert planned(bot) - bot.now == timedelta(minutes=30)
    tap(bot, ANA, "Not now")
    begin(bot)
    assert texts(bot, ANA)[-1].startswith(FIRST_LINE), "who has answered is free"


@pytest.mark.parametrize("who", ["shared", "minor", "household", "alone", "left"])
def test_some_are_never_asked(who: str) -> None:
    bot = pair(
        shared_phone=who == "shared",
        minor=who == "minor",
        left=NOON if who == "left" else None,
        partner=None if who == "alone" else BEN,
    )
    bot.library = replace(bot.library, household=who == "household")
    begin(bot)
    assert texts(bot, ANA) == [] and KEY not in bot.timers


def test_who_is_away_or_in_a_crisis_is_asked_some_other_day() -> None:
    crisis = Safety(crisis=Crisis("suicide", NOON, NOON + timedelta(hours=72)))
    for away, safety in ((True, Safety()), (False, crisis)):
        bot = pair(away=away)
        put(bot, safety)
        begin(bot)
        assert bot.phones == {}
        assert timedelta(days=1) <= planned(bot) - bot.now <= timedelta(days=3)


def test_whose_phone_it_is_comes_first() -> None:
    bot = pair(shared_phone=None)
    begin(bot)
    bot.pass_time(timedelta(0))
    assert texts(bot, ANA) == ["Does anyone else use this phone, or this account?"]
    assert timedelta(days=1) <= planned(bot) - bot.now <= timedelta(days=3)
    tap(bot, ANA, "Someone else too")
    texts(bot, ANA)
    bot.pass_time(timedelta(days=4))
    assert texts(bot, ANA) == [] and KEY not in bot.timers
    bot.give(Words(ANA, "/settings"))
    tap(bot, ANA, "This phone")
    tap(bot, ANA, "Only me")
    assert timedelta(days=1) <= planned(bot) - bot.now <= timedelta(days=3)


def test_a_phone_that_turns_out_to_be_shared_ends_the_round() -> None:
    bot = pair()
    begin(bot)
    tap(bot, ANA, "Yes, I am alone")
    bot.world = replace(bot.world, people={**bot.world.people, ANA: changed(bot.world.people[ANA], shared_phone=True)})
    tap(bot, ANA, "Yes")
    assert last(bot) == BLAND and told(bot) == Safety(planned=None)


def close_a_gate(bot: Rehearsal) -> None:
    """A talk that Ana would like and Ben does not answer."""
    bot.gates_open = False
    bot.give(Words(ANA, "/talk_in_turns"))
    bot.pass_time(timedelta(minutes=10))
    bot.phones.clear()


def test_a_talk_that_could_not_begin_brings_the_questions_nearer() -> None:
    hours = set()
    for seed in range(30):
        bot = pair(seed=seed)
        close_a_gate(bot)
        assert timedelta(hours=3) <= planned(bot) - bot.now <= timedelta(hours=26)
        hours.add(planned(bot).hour)
        first = planned(bot)
        close_a_gate(bot)
        assert planned(bot) == first, "a round that is near stays where it is"
    assert len(hours) >= 7


@pytest.mark.parametrize("clear", [Clear.OPEN, Clear.NOT_OPEN])
def test_nobody_who_has_answered_is_asked_for_a_gate(clear: Clear) -> None:
    bot = pair()
    put(bot, Safety(clear))
    close_a_gate(bot)
    assert told(bot).planned is None and KEY not in bot.timers


def test_linking_again_does_not_add_a_round() -> None:
    bot = link(1)
    first = told(bot).planned
    bot.give(Words(ANA, "/unlink"))
    bot.pass_time(timedelta(minutes=15))
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    tap(bot, ANA, "Yes, this is Ben")
    assert told(bot).planned == first
