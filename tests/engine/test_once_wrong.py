"""What a sceptical reader once got the engine to do to two upset people. Each of these went wrong before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from odd_flows import library, with_flow
from random_couple import ANA, BEN, EVENING, couple

from bot.authoring.rehearsal import Rehearsal
from bot.engine.events import Arrived, Away, Link, Refused, Tap, Words
from bot.engine.run import Life, Person, World
from bot.engine.text import plain


class Room:
    """A rehearsal with words for what people do in it."""

    def __init__(self, *flows: str, gates_open: bool = True, world: World | None = None) -> None:
        among = library()
        for text in flows:
            among = with_flow(among, text)
        self.bot = Rehearsal(among, world or couple(), EVENING, gates_open=gates_open)

    def says(self, person: int, words: str) -> None:
        self.bot.give(Words(person, words))

    def taps(self, person: int, label: str) -> Refused | None:
        """The newest button with this label that ever was on this phone."""
        labels = [one for bubble in self.bot.phones[person] for one in bubble.once if plain(one.label) == label]
        return self.bot.give(Tap(person, labels[-1].data))

    def passes(self, minutes: int) -> None:
        self.bot.pass_time(timedelta(minutes=minutes))

    def read(self, person: int) -> list[str]:
        """What is new on this phone."""
        unread = self.bot.unread(person)
        for bubble in unread:
            bubble.unread = False
        return [plain(bubble.message.text) for bubble in unread]

    def steps(self) -> list[str]:
        return [run.step for run in self.bot.world.runs.values()]


def has(texts: list[str], words: str) -> bool:
    return any(words in text for text in texts)


def test_a_pause_over_an_open_gate_and_then_two_yes() -> None:
    room = Room(gates_open=False)
    room.says(ANA, "/talk_in_turns")
    room.says(BEN, "/time_out")
    room.taps(BEN, "Twenty minutes")
    room.taps(BEN, "Stop")
    room.passes(8)
    for person in (ANA, BEN):
        for label in ("Yes", "2", "Yes, all of it"):
            room.taps(person, label)
    assert "topic" in room.steps()


def test_a_part_draws_nobody_in_without_the_gate() -> None:
    flow = "flow: x\ntitle: X\nkind: conflict\nroles: [a, b]\nsteps:\n  s: {who: a, run: one_turn}\n"
    room = Room(flow, gates_open=False)
    room.says(ANA, "/x")
    room.says(ANA, "I felt sad")
    assert not has(room.read(BEN), "I felt sad")
    assert room.bot.world.runs and all(run.gate is not None for run in room.bot.world.runs.values())


def test_a_private_answer_never_becomes_a_name() -> None:
    room = Room()
    room.says(ANA, "/settings")
    room.taps(ANA, "Name")
    for label in ("Menu", "Check in", "1", "Hurt"):
        room.taps(ANA, label)
    room.says(ANA, "that he stops")
    assert room.bot.world.people[ANA].name == "Ana"


def test_a_name_is_not_taken_from_an_answer_to_the_gate() -> None:
    room = Room(gates_open=False)
    room.says(ANA, "/settings")
    room.taps(ANA, "Name")
    room.says(BEN, "/talk_in_turns")
    room.says(ANA, "not with him tonight")
    assert room.bot.world.people[ANA].name == "Ana"


def test_the_clock_is_asked_once() -> None:
    room = Room()
    room.says(ANA, "/settings")
    room.taps(ANA, "Time zone")
    room.says(ANA, "berlin")
    room.read(ANA)
    room.says(ANA, "berlin")
    assert not has(room.read(ANA), "time zone")


def test_the_inviter_may_do_something_else_first() -> None:
    alone = World({ANA: Person(ANA, "Ana", met=True), BEN: Person(BEN, "Ben")}, {})
    room = Room(world=alone)
    room.bot.give(Arrived(BEN, Link.GOOD, ANA))
    read = room.read(BEN)
    assert has(read, "not for emergencies"), "the first message comes before the agreement"
    room.taps(BEN, "I agree")
    room.says(ANA, "/settings")
    room.taps(ANA, "Time zone")
    room.says(ANA, "berlin")
    room.taps(ANA, "Yes, this is Ben")
    assert room.bot.world.people[ANA].partner == BEN and room.bot.world.people[BEN].partner == ANA


PAUSED = ("/time_out", "/talk_in_turns")


def paused() -> Room:
    """Ana's pause was begun before Ben's talk and came over it."""
    room = Room()
    room.says(ANA, "/time_out")
    room.says(BEN, "/talk_in_turns")
    room.taps(ANA, "Twenty minutes")
    room.bot.gates_open = False
    room.read(ANA), room.read(BEN)
    return room


def test_parting_offers_no_talk() -> None:
    room = paused()
    room.says(BEN, "/unlink")
    room.passes(8)
    assert not has(room.read(ANA), "Go on with") and not has(room.read(BEN), "Go on with")
    assert {run.flow for run in room.bot.world.runs.values()} == {"land_alone"}


def test_whoever_leaves_in_a_pause_leaves_nothing_running() -> None:
    room = paused()
    room.bot.give(Away(BEN))
    room.passes(8)  # Ana hears of it
    room.passes(10)  # and is asked whether the talk goes on
    assert {run.flow for run in room.bot.world.runs.values()} == {"land_alone"}


def test_both_copies_of_a_part_end_before_the_next_step() -> None:
    part = "flow: soft\nsteps:\n  a: {say: Part words}\n"
    flow = "flow: x\ntitle: X\nkind: light\nroles: [a, b]\nsteps:\n"
    flow += "  s: {who: both, run: soft}\n  t: {who: both, say: After the part}\n"
    room = Room(part, flow)
    room.says(ANA, "/x")
    for person in (ANA, BEN):
        read = room.read(person)
        assert read.index("Part words") < read.index("After the part")


LONG = "flow: x\ntitle: X\nkind: light\nroles: [a, b]\nsteps:\n  begin: {who: both, say: Hello}\n"


@pytest.mark.parametrize(
    ("begins", "between"),
    [
        (LONG, "w: {who: a, wait: 5 minutes}"),
        (LONG.replace("light", "pause").rsplit("  begin")[0], "w: {who: a, run: calm_me}"),
    ],
    ids=["a timer", "a part"],
)
def test_an_answer_is_not_taken_back_once_the_other_has_seen_what_came_of_it(begins: str, between: str) -> None:
    """The part begins before Ben is drawn in, so that nothing but its end reaches him."""
    room = Room(
        f"{begins}  q: {{who: a, ask: First, answer: text}}\n  {between}\n  u: {{who: b, ask: Second, answer: text}}\n"
    )
    room.says(ANA, "/x")
    room.says(ANA, "an answer")
    if "calm_me" in between:
        room.taps(ANA, "I am done")
        room.taps(ANA, "A bit calmer")
    room.passes(5)
    room.says(ANA, "/back")
    assert room.steps() == ["u"] and has(room.read(BEN), "Second")


def test_taking_back_asks_nobody_else_again() -> None:
    room = Room(f"{LONG}  q: {{who: both, ask: First, answer: text}}\n  w: {{who: both, wait: 5 minutes}}\n")
    room.says(ANA, "/x")
    room.says(ANA, "hers")
    room.says(BEN, "his")
    room.read(ANA), room.read(BEN)
    room.says(BEN, "/back")
    assert has(room.read(BEN), "First") and not has(room.read(ANA), "First")


def test_a_late_promise_waits_for_the_pause() -> None:
    room = Room(f"{LONG}  w: {{who: both, say: Waiting, wait: 20 minutes}}\n  u: {{who: both, say: After}}\n")
    room.says(ANA, "/x")
    room.bot.sleep(timedelta(hours=3))
    room.says(BEN, "/time_out")
    room.taps(BEN, "Twenty minutes")
    assert isinstance(room.taps(ANA, "Go on now"), Refused)
    assert not has(room.read(ANA), "After")


def test_a_typed_pick_counts_as_a_pick() -> None:
    flow = (
        f"{LONG}  q: {{who: both, ask: Pick, choices: {{walk: A walk, tea: Some tea}}, answer: up to 2, share: now}}\n"
    )
    room = Room(f"{flow}  o: {{who: both, run: bot.overlap}}\n")
    room.says(ANA, "/x")
    room.says(ANA, "a walk")
    room.taps(BEN, "A walk")
    room.taps(BEN, "Done")
    assert has(room.read(ANA), "You both picked: A walk")


TWO = (
    "flow: x\ntitle: X\nsteps:\n  q: {ask: One, answer: text, next: {no answer after 10 minutes: end, otherwise: o}}\n"
)
TWO += "  o: {ask: Two, answer: text}\n"


def test_words_meant_for_one_question_never_answer_the_next() -> None:
    room = Room(TWO)
    room.says(ANA, "/x")
    room.says(ANA, "time out")
    room.taps(ANA, "Skip")
    assert isinstance(room.taps(ANA, "It was my answer"), Refused)
    assert room.steps() == ["o"]


def test_words_after_a_time_out_are_told_that_they_came_too_late() -> None:
    room = Room(TWO)
    room.says(ANA, "/x")
    room.passes(10)
    room.says(ANA, "late words")
    assert room.read(ANA)[-1] == "That question is closed; this was not kept."


def test_an_answer_shown_in_a_question_is_marked_as_shown() -> None:
    flow = f"{LONG}  q: {{who: a, ask: First, answer: text, share: now, next: {{skipped: end, otherwise: o}}}}\n"
    room = Room(f'{flow}  o: {{who: b, ask: "She said {{q}}", answer: text}}\n')
    room.says(ANA, "/x")
    room.says(ANA, "words")
    room.taps(ANA, "Send")
    [run] = room.bot.world.runs.values()
    assert run.answers["q"][ANA].life is Life.REVEALED


def test_asking_again_for_a_talk_shows_the_gate_again() -> None:
    room = Room(gates_open=False)
    room.says(ANA, "/talk_in_turns")
    room.read(BEN)
    room.says(BEN, "/talk_in_turns")
    assert has(room.read(BEN), "“Talk in turns” with Ana now?")


def test_reminders_about_a_partner_rest_after_parting() -> None:
    room = Room()
    room.says(ANA, "/check_in")
    room.taps(ANA, "5")
    room.taps(ANA, "Skip")
    room.taps(ANA, "Yes, please")
    room.says(ANA, "/unlink")
    room.read(ANA)
    room.passes(24 * 60)
    assert room.read(ANA) == []


def test_too_hot_reads_like_stopping() -> None:
    """Ben can not tell that Ana is too upset from Ana saying stop."""
    heard = []
    for hot in (True, False):
        flow = f"{LONG}  hot: {{who: both, run: bot.upset}}\n  u: {{who: both, say: After}}\n"
        room = Room(flow.replace("roles", "alone: land_alone\nroles"))
        room.says(ANA, "/x")
        room.taps(BEN, "2")
        room.read(BEN)
        room.taps(ANA, "9") if hot else room.says(ANA, "/stop")
        assert room.read(BEN) == []
        room.passes(8)
        heard.append(room.read(BEN))
    assert heard[0] == heard[1] and has(heard[0], "We stop here")


def test_a_talk_set_aside_twice_is_not_forgotten() -> None:
    """The second pause takes away the question whether the talk goes on, when the talk's two nights are used up."""
    room = Room("flow: x\ntitle: X\nkind: pause\nroles: [a, b]\nsteps:\n  w: {who: both, wait: 2875 minutes}\n")
    room.says(BEN, "/talk_in_turns")
    room.bot.gates_open = False
    room.says(ANA, "/x")
    room.passes(2875 + 6)
    room.says(BEN, "/time_out")
    room.taps(BEN, "Twenty minutes")
    [talk] = [run for run in room.bot.world.runs.values() if run.flow == "talk_in_turns"]
    assert talk.suspended and talk.gate is None
    assert [key for key in room.bot.timers if key.startswith(f"{talk.id}:")] != [f"{talk.id}:life"]
