"""The gate before a talk, with anything private about one of the two, and with anything that both may say to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st
from overheard import ANA, BEN, MORNING, Play, differs, move, pair
from stories import AFTER, SENTENCES, Move, library, numbers, people, up_to

from bot.authoring.rehearsal import LONG_AGO
from bot.engine import gate
from bot.engine.events import Away, PersonId, Tap, Words
from bot.engine.run import Clear, Crisis, Safety, World, changed

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "clear": ("y", "u2", "fy"),
    "hot": ("y", "u8", "fy"),
    "not all": ("y", "u3", "fn"),
    "half": ("y", "u4"),
    "yes": ("y",),
    "not now": ("n",),
    "lighter": ("l",),
    "typed": ("yes", "2", "yes"),
    "typed hot": ("yes", "nine"),
    "typed no": ("not now",),
    "silence": (),
    "stop": ("/stop",),
    "blocks": ("blocks",),
    "unlink": ("/unlink",),
    "danger": (SENTENCES["suicide"],),
}
"""What somebody may say at the gate, one thing after the other."""

Said = tuple[tuple[int, str], ...]
"""Minutes after the question, and what is said then."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A gate: where it comes up, what is private about one, what both say, and what the other one does afterwards."""

    seed: int
    place: str
    starter: PersonId
    private: PersonId
    hour: int
    linked: int
    clear: Clear
    crisis: bool
    minor: bool
    shared_phone: bool
    early: bool
    mine: Said
    theirs: Said
    after: tuple[Move, ...]

    @property
    def other(self) -> PersonId:
        return ANA + BEN - self.private


def press(play: Play, person: PersonId, label: str) -> None:
    """Taps the newest button with these words."""
    play.give(Tap(person, next(one.data for one in reversed(play.live(person)) if one.label == label)))


def before_the_gate(asked: Asked) -> Play:
    """A pair, and for the later gates a talk that was paused or put on hold."""
    if asked.place == "first":
        now = MORNING + timedelta(hours=asked.hour)
        return Play(library(), pair(now + LONG_AGO - timedelta(days=asked.linked)), now, asked.seed)
    play = Play(library(), seed=asked.seed)
    play.begins("talk_in_turns", asked.starter)
    if asked.place == "resumed":
        play.give(Words(asked.other, "/time_out"))
        press(play, asked.other, "Twenty minutes")
        play.pass_time(timedelta(minutes=20))
        press(play, asked.private, "Calm enough to talk")
    else:
        play.pass_time(timedelta(minutes=10))
        waiting = next(one for one in (ANA, BEN) if play.live(one, "h"))
        press(play, waiting, "Hold until tomorrow")
        press(play, waiting, "18:00")
        (until,) = [run.held for run in play.world.runs.values() if run.held is not None]
        play.pass_time(until - play.now - timedelta(seconds=1))
    return play


def puts_the_question(play: Play, asked: Asked) -> None:
    match asked.place:
        case "first":
            play.give(Words(asked.starter, "/talk_in_turns"))
        case "resumed":
            press(play, asked.other, "Calm enough to talk")
        case _:
            play.pass_time(timedelta(seconds=1))


def with_private_things(play: Play, asked: Asked) -> None:
    """What one has told in private, or what was recognised, stands from here on."""
    crisis = Crisis("violence_victim", play.now, play.now + timedelta(hours=72)) if asked.crisis else None
    me = changed(play.world.people[asked.private], minor=asked.minor, shared_phone=asked.shared_phone)
    safety = {**play.world.safety, asked.private: Safety(asked.clear, crisis=crisis)}
    play.world = World({**play.world.people, asked.private: me}, play.world.runs, safety)


def says(play: Play, person: PersonId, what: str) -> None:
    for said in ANSWERS[what]:
        if said == "blocks":
            play.give(Away(person))
        elif said[:1] == "/" or said in SENTENCES.values() or what.startswith("typed"):
            play.give(Words(person, said))
        else:
            for run in [run for run in play.world.runs.values() if run.gate is not None]:
                play.give(Tap(person, f"g:{run.id}:{run.visit}:{said}"))


def talk_is_open(play: Play) -> bool:
    talks = [run for run in play.world.runs.values() if run.flow == "talk_in_turns"]
    return any(run.gate is None and not run.suspended and len(run.joined) == 2 for run in talks)


def answered(asked: Asked, *, private: bool) -> tuple[Play, bool, datetime]:
    """What follows, with all that is private or with a plain “Not now” instead; whether the talk has begun; and when
    the window ends."""
    play = before_the_gate(asked)
    if private and asked.early and asked.place == "first" and asked.starter == asked.other:
        with_private_things(play, asked)
    puts_the_question(play, asked)
    if private:
        with_private_things(play, asked)
    mine = asked.mine if private else ((0, "not now"),)
    begun, start = False, play.now
    both = [(minute, asked.private, what) for minute, what in mine]
    for minute, person, what in sorted(both + [(minute, asked.other, what) for minute, what in asked.theirs]):
        play.pass_time(start + timedelta(minutes=minute) - play.now)
        says(play, person, what)
        begun = begun or talk_is_open(play)
    play.pass_time(start + timedelta(minutes=20) - play.now)
    for what, number in asked.after:
        move(play, what, asked.other, number)
    play.pass_time(timedelta(days=4))
    return play, begun, start + gate.WINDOW


def may_open(asked: Asked) -> bool:
    """Whether the only other outcome is allowed: both clear in every way, and no rule against it."""
    said = [{what for _, what in one} & {"clear", "typed"} for one in (asked.mine, asked.theirs)]
    free = asked.clear is Clear.OPEN and not (asked.crisis or asked.minor or asked.shared_phone)
    return all(said) and free and (asked.place != "first" or (asked.linked >= 3 and asked.hour == 0))


def the_gate_tells_nothing(asked: Asked) -> None:
    other, begun, closes = answered(asked, private=True)
    if begun:
        assert may_open(asked), "the talk has begun"
        return
    reference, _, _ = answered(asked, private=False)
    heard = [play.heard[asked.other] for play in (reference, other)]
    if "unlink" in {what for _, what in asked.mine}:
        heard = [up_to(one, closes) for one in heard]
    difference = differs(*heard)
    assert not difference, difference


said_at_times = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(sorted(ANSWERS))), max_size=2).map(tuple)
gates = st.builds(
    Asked,
    seed=st.integers(1, 1 << 30),
    place=st.sampled_from(("first", "resumed", "held")),
    starter=people,
    private=people,
    hour=st.sampled_from((0, 0, 0, 13)),
    linked=st.sampled_from((30, 30, 1)),
    clear=st.sampled_from(Clear),
    crisis=st.booleans(),
    minor=st.booleans(),
    shared_phone=st.booleans(),
    early=st.booleans(),
    mine=said_at_times,
    theirs=said_at_times,
    after=st.lists(st.tuples(st.sampled_from(AFTER), numbers), max_size=6).map(tuple),
)


def asked_about(place: str = "first", **given: object) -> Asked:
    """Two people who are both clear, before somebody changes something about it."""
    both: dict[str, object] = {"crisis": False, "minor": False, "shared_phone": False, "early": False, "after": ()}
    both |= {"hour": 0, "linked": 30, "clear": Clear.OPEN, "mine": ((1, "clear"),), "theirs": ((2, "clear"),)}
    return Asked(**{"seed": 5, "place": place, "starter": ANA, "private": ANA, **both, **given})  # type: ignore[arg-type]
