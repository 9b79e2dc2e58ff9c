"""Conversations that are played several times, and what one of the two does in private at one instant of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from odd_flows import library as flows
from overheard import ANA, BEN, Heard, Play, differs, move

from bot.engine import parting
from bot.engine.casting import open_to
from bot.engine.danger import Language, Level, Rule, Rules
from bot.engine.events import Away, PersonId, Tap, Words
from bot.engine.flow import Call, Part
from bot.engine.ledger import Ledger
from bot.engine.library import Library
from bot.engine.run import Clear, Crisis, Run, Safety

DEPTH = int(os.environ.get("TWOFOLD_DEPTH", "150"))

thorough = settings(
    max_examples=max(DEPTH // 3, 20),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

FOR_TWO = ("talk_in_turns", "time_out", "odd_light", "odd_words")
"""Two shipped flows, and two odd ones with sealed answers, `anyone`, waits and reminders."""

SENTENCES = {
    "suicide": "i want to end my life tonight",
    "self_harm": "i cut myself last night",
    "violence_victim": "i was hit by my partner",
    "coercive_control": "i am locked in at home",
    "child_risk": "our child gets beaten",
    "violence_perpetrator": "i will hurt my partner",
    "medical_emergency": "my chest hurts and my arm is numb",
    "psychosis_or_mania": "voices tell me what to do",
    "minor_user": "i am fourteen years old",
}
"""One sentence of each kind. The rules themselves have tests of their own."""


MEANT = "I meant something else"
"""The one button of a page about danger that goes back."""


@cache
def library() -> Library:
    """The shipped flows and the odd ones, and rules for danger that know these sentences only."""
    rules = tuple(Rule(sentence, kind, Level.CERTAIN) for kind, sentence in SENTENCES.items())
    return replace(flows(), danger=Rules((Language("en", rules=rules),)))


# --- conversations ----------------------------------------------------------------------------------------------------

Move = tuple[str, int]
Talk = tuple[str, PersonId, int]

KINDS = ("go",) * 10 + ("answer",) * 3 + ("pass",) * 3 + ("near",) * 2 + ("tap", "say", "command")
AFTER = ("go", "go", "answer", "answer", "pass", "pass", "pass", "tap", "say", "command")


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation up to some instant, and what the other one does from then on."""

    seed: int
    flow: str
    starter: PersonId
    private: PersonId
    before: tuple[Talk, ...]
    after: tuple[Move, ...]

    @property
    def other(self) -> PersonId:
        return ANA + BEN - self.private

    def play(self) -> Play:
        here = Play(library(), seed=self.seed)
        here.begins(self.flow, self.starter)
        for what, person, number in self.before:
            move(here, what, person, number)
        return here


people = st.sampled_from((ANA, BEN))
numbers = st.integers(0, 999)
stories = st.builds(
    Story,
    st.integers(1, 1 << 30),
    st.sampled_from(FOR_TWO),
    people,
    people,
    st.lists(st.tuples(st.sampled_from(KINDS), people, numbers), max_size=30).map(tuple),
    st.lists(st.tuples(st.sampled_from(AFTER), numbers), min_size=4, max_size=16).map(tuple),
)


def told(seed: int) -> Story:
    """A story by chance alone, for faults that are planted."""
    chance = Random(seed)

    def number() -> int:
        return chance.randrange(1000)

    before = tuple((chance.choice(KINDS), chance.choice((ANA, BEN)), number()) for _ in range(chance.randrange(20)))
    after = tuple((chance.choice(AFTER), number()) for _ in range(12))
    return Story(seed, chance.choice(FOR_TWO), chance.choice((ANA, BEN)), chance.choice((ANA, BEN)), before, after)


# --- in the middle ----------------------------------------------------------------------------------------------------

Way = Callable[[Play, PersonId], None]


def stops(play: Play, person: PersonId) -> None:
    """/stop, for everything that runs."""
    play.give(Words(person, "/stop"))
    if play.phones[person][-1][0] == "stop":
        for data in [one.data for row in play.phones[person][-1][1].buttons for one in row]:
            play.give(Tap(person, data))


def blocks(play: Play, person: PersonId) -> None:
    play.give(Away(person))


def unlinks(play: Play, person: PersonId) -> None:
    play.give(Words(person, "/unlink"))


def forgets(play: Play, person: PersonId) -> None:
    """/forget, and both times the first button."""
    play.give(Words(person, "/forget"))
    for _ in range(2):
        play.give(Tap(person, next(one.data for one in play.live(person, "o"))))


def types(sentence: str) -> Way:
    def way(play: Play, person: PersonId) -> None:
        play.give(Words(person, sentence))

    return way


def in_crisis(play: Play, person: PersonId) -> None:
    """As when danger was recognised: by the engine's own functions, without any words."""
    ledger = Ledger(play.library, play.world, play.now, 1)
    ledger.keep(person, crisis=Crisis("suicide", play.now, play.now + timedelta(hours=72)))
    for run in ledger.roots(person):
        if len(run.cast) > 1 and (not run.suspended or run.gate is not None or run.held is not None):
            parting.part(ledger, run, person)
    play.take(*ledger.outcome())


IN_DANGER: Mapping[str, Way] = {kind: types(sentence) for kind, sentence in SENTENCES.items()}
ENDINGS: Mapping[str, Way] = {"blocks": blocks, "in crisis": in_crisis, **IN_DANGER}
"""All ways to be gone for good, beside /stop."""


def afterwards(here: Play, story: Story, way: Way) -> Play:
    """One leaves like this and the other one goes on. Who left does no more than to tap under pages of their own."""
    play = here.fork()
    way(play, story.private)
    for what, number in story.after:
        move(play, what, story.other, number)
        page = [one.data for one in play.live(story.private, "s") if one.label != MEANT]
        if page and number % 3 == 0:
            play.give(Tap(story.private, page[number % len(page)]))
    play.pass_time(timedelta(days=5))
    return play


def leaving_tells_nothing(story: Story, ways: Mapping[str, Way]) -> None:
    here = story.play()
    reference = afterwards(here, story, stops).heard[story.other]
    for name, way in ways.items():
        difference = differs(reference, afterwards(here, story, way).heard[story.other])
        assert not difference, f"{name}: {difference}"


# --- ending the link --------------------------------------------------------------------------------------------------


def up_to(heard: list[Heard], moment: datetime) -> list[Heard]:
    """What was seen before this moment, and the first message of it."""
    return [one for one in heard if one[0] < moment] + [one for one in heard if one[0] == moment and one[1] == "new"][
        :1
    ]


def until_told(here: Play, story: Story, way: Way) -> datetime:
    """When the other one first hears of this leaving."""
    left = here.fork()
    way(left, story.private)
    shared = [run for run in left.world.runs.values() if len(run.cast) > 1]
    ends = [run.parting.until for run in shared if run.parting is not None and story.private in run.parting.by]
    ends += [run.gate.until for run in shared if run.gate is not None]
    gone = left.world.people[story.private].left
    return min([*ends, *([gone] if gone is not None else [])], default=left.now)


def unlinking_tells_nothing(story: Story, way: Way) -> None:
    """Equal up to the neutral text and with it; what differs afterwards is that both may know that the pair is over."""
    here = story.play()
    moment = until_told(here, story, way)
    reference, other = (afterwards(here, story, one).heard[story.other] for one in (stops, way))
    cut = [up_to(heard, moment) for heard in (reference, other)]
    if not any(
        one[0] == moment for one in cut[0]
    ):  # somebody in a pause hears of no leaving, but that the pair is over
        cut[1] = [one for one in cut[1] if one[0] < moment]
    difference = differs(*cut)
    assert not difference, difference


# --- too upset --------------------------------------------------------------------------------------------------------


def asked_how_upset(play: Play, person: PersonId) -> Run | None:
    """The run in which this person is asked in the middle of a talk how upset they are."""
    ledger = Ledger(play.library, play.world, play.now, 1)
    for run in play.world.runs.values():
        if person in run.cast and open_to(ledger, run, person) is not None:
            action = ledger.step(run).action
            if isinstance(action, Call) and action.target is Part.UPSET:
                return run
    return None


def at_how_upset(story: Story) -> Play:
    """The talk as far as that question; the other one may have answered it."""
    play = Play(library(), seed=story.seed)
    play.begins(("talk_in_turns", "odd_quarrel")[story.seed % 2], story.starter)
    steps = [number for _, _, number in story.before] or [1]
    for number in range(60):
        if asked_how_upset(play, story.private) is not None:
            break
        play.goes_on((ANA, BEN)[number % 2], steps[number % len(steps)] | 1)
    if story.seed % 3 == 0:
        play.goes_on(story.other, story.seed)
    return play


def says_hot(number: int, *, typed: bool) -> Way:
    def way(play: Play, person: PersonId) -> None:
        run = asked_how_upset(play, person)
        assert run is not None, "the question was not reached"
        play.give(Words(person, str(number)) if typed else Tap(person, f"a:{run.id}:{run.visit}:{number}"))

    return way


# --- taken back -------------------------------------------------------------------------------------------------------


def stands(play: Play) -> set[tuple[str, int, bool]]:
    """Where all that both are in stands."""
    return {(run.id, run.visit, run.gate is not None) for run in play.world.runs.values() if len(run.cast) > 1}


def taken_back(story: Story, sentence: str, meanwhile: tuple[tuple[str, int, int], ...]) -> tuple[Play, Play] | None:
    """Words of danger that meant something else, and the same words, harmless, after just as long a time.

    `meanwhile` is what the other one does within the shortest delay, with the seconds before it. A run that was left
    stands still (`parting`): what the other one could do to make it go on is left out, and None is given where a time
    that was promised comes meanwhile. So it is where the other one knows nothing of a run: it is opened anew.
    """
    here = story.play()
    reference, other = here.fork(), here.fork()
    if any(run.joined == {story.private} for run in here.world.runs.values()):
        return None
    reference.library = replace(library(), danger=Rules())
    other.give(Words(story.private, sentence), aside="danger")
    for what, number, seconds in meanwhile:
        for play in (reference, other):
            play.pass_time(timedelta(seconds=seconds))
        if stands(reference) != stands(here):
            return None
        tried = reference.fork()
        move(tried, what, story.other, number)
        if stands(tried) == stands(here):
            for play in (reference, other):
                move(play, what, story.other, number)
    reference.give(Words(story.private, sentence), aside="words")
    meant = next(one.data for one in other.live(story.private) if one.label == MEANT)
    other.give(Tap(story.private, meant), aside="words")
    other.library = reference.library  # what is typed from here on is the same, and read the same
    for play in (reference, other):
        for at, (what, number) in enumerate(story.after):
            move(play, what if what == "pass" else "go", (ANA, BEN)[(at + number) % 2], number)
        play.pass_time(timedelta(days=5))
    return reference, other


# --- private questions ------------------------------------------------------------------------------------------------


def questioned(story: Story, after: timedelta | None) -> Play:
    """The story goes on for both; with `after`, a round of private questions comes to one of them so much later.

    Talks about conflicts are closed for the other one from here on, so that no gate hangs on what was answered.
    """
    play = story.play() if story.before else Play(library(), seed=story.seed)
    play.world = replace(play.world, safety={**play.world.safety, story.other: Safety(Clear.NOT_OPEN)})
    if after is not None:
        play.timers[f"own:{story.private}:questions"] = (play.now + after, story.private)
    for at, (what, number) in enumerate(story.after):
        move(play, what, story.other, number)
        play.goes_on(story.private, number)
        for tapped in range(number % 10):
            asked = [one.data for one in play.live(story.private, "q")]
            if asked:
                play.give(Tap(story.private, asked[(number + tapped * at) % len(asked)]), aside="questions")
        play.pass_time(timedelta(hours=number % 13 * (at > len(story.after) // 2)))
    play.pass_time(timedelta(days=50))
    return play


long_ways = st.lists(
    st.tuples(st.sampled_from(("go", "answer", "pass", "pass", "say", "command")), numbers), min_size=12, max_size=30
)
