"""One flow as one machine: the first row that fits wins, the step below takes the rest, time-outs stand apart."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from odd_flows import library, with_flow
from random_couple import EVENING, couple

from bot.engine.condition import Known
from bot.engine.events import Send, Words
from bot.engine.flow import (
    END,
    AnswerRef,
    Ask,
    Call,
    Flow,
    Is,
    Literal,
    Mark,
    NoAnswer,
    Open,
    Otherwise,
    Part,
    Row,
    Say,
    Skipped,
    Step,
    Test,
    Text,
    Visited,
    Wait,
    Wording,
)
from bot.engine.machine import ADVANCE, ANSWERED, CHILD_DONE, ELAPSED, Program, compile_flow, fire, timeout_trigger
from bot.engine.turn import take_turn

HERE = Mark("a_test.yaml", 1, 1)
WORDS = Text((Wording((Literal("Hello"),), HERE),))


@dataclass(frozen=True)
class Facts:
    given: Sequence[Known] = ()
    visits: int = 1

    def here(self) -> Sequence[Known]:
        return self.given

    def answers(self, ref: AnswerRef) -> Sequence[Known]:
        return ()


def row(test: Test, target: str, line: int = 1) -> Row:
    return Row(test, target, Mark("a_test.yaml", line, 1), HERE)


def program(*steps: Step) -> Program:
    flow = Flow("a_test", {one.name: one for one in steps}, HERE, order=tuple(one.name for one in steps))
    return compile_flow(flow, "structure", "wording")


def asking(*rows: Row) -> Program:
    return program(Step("ask", Ask(WORDS, Open.TEXT), HERE, rows=rows), Step("below", Say(WORDS), HERE))


def test_the_first_row_that_fits_wins() -> None:
    rows = (row(Visited(3), "below", 1), row(Is("good"), "ask", 2), row(Is("good"), END, 3), row(Otherwise(), END, 4))
    asked = asking(*rows)
    assert fire(asked, "ask", ANSWERED, Facts(("good",))) == ("ask", rows[1])
    assert fire(asked, "ask", ANSWERED, Facts(("good",), visits=3)) == ("below", rows[0])
    assert fire(asked, "ask", ANSWERED, Facts(("bad",))) == (END, rows[3])


def test_what_no_row_takes_goes_to_the_step_below() -> None:
    asked = asking(row(Is("good"), END))
    assert fire(asked, "ask", ANSWERED, Facts(("bad",))) == ("below", None)
    assert fire(asked, "below", ADVANCE, Facts()) == (END, None)


def test_every_kind_of_step_has_its_own_trigger() -> None:
    whole = program(
        Step("say", Say(WORDS), HERE),
        Step("ask", Ask(WORDS, Open.TEXT), HERE),
        Step("wait", Wait(timedelta(minutes=1)), HERE),
        Step("run", Call(Part.BREATHE), HERE),
    )
    triggers = {"say": ADVANCE, "ask": ANSWERED, "wait": ELAPSED, "run": CHILD_DONE}
    for step, mine in triggers.items():
        assert [one for one in triggers.values() if fire(whole, step, one, Facts()) is not None] == [mine]


def test_a_time_out_is_a_trigger_of_its_own() -> None:
    soon, late = row(NoAnswer(timedelta(hours=2)), END, 1), row(NoAnswer(timedelta(hours=3)), "ask", 2)
    asked = asking(soon, late, row(Skipped(), END, 3))
    assert (timeout_trigger(soon), timeout_trigger(row(Skipped(), END))) == ("timeout_7200", None)
    assert fire(asked, "ask", "timeout_7200", Facts()) == (END, soon)
    assert fire(asked, "ask", "timeout_10800", Facts()) == ("ask", late)
    assert fire(asked, "ask", "timeout_1", Facts()) is None
    assert fire(asked, "ask", ANSWERED, Facts(("good",))) == ("below", None)


def test_unknown_triggers_and_steps_lead_nowhere() -> None:
    asked = asking()
    assert fire(asked, "ask", "initial", Facts()) is None
    assert fire(asked, "nowhere", ANSWERED, Facts()) is None
    assert fire(asked, END, ADVANCE, Facts()) is None


def test_a_target_that_is_no_step_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no step “nowhere”"):
        asking(row(Otherwise(), "nowhere"))


@pytest.mark.parametrize("name", ["state", "initial", "model", "to_end", "trigger", "answered", "os.system", "is_end"])
def test_words_of_a_file_clash_with_nothing_of_the_library(name: str) -> None:
    """A step or a choice may have any name; none of them is called or looked up."""
    odd = program(Step(name, Ask(WORDS, Open.TEXT), HERE, rows=(row(Is(name), END),)), Step("below", Say(WORDS), HERE))
    assert fire(odd, name, ANSWERED, Facts((name,)))[0] == END  # type: ignore[index]
    assert fire(odd, name, ANSWERED, Facts(("other",)))[0] == "below"  # type: ignore[index]


def test_one_machine_serves_everybody() -> None:
    """Asking leaves nothing behind: no model is registered and no state is kept."""
    asked = asking(row(Is("good"), END))
    for known in ("good", "bad", "good"):
        assert fire(asked, "ask", ANSWERED, Facts((known,))) is not None
    assert asked.machine.models == []


def test_the_library_does_not_log_where_people_stand(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        fire(asking(), "ask", ANSWERED, Facts())
    assert caplog.records == []


def test_a_circle_without_an_end_is_put_to_sleep() -> None:
    """The checker refuses such a flow; should one get through, nobody's turn spins for ever."""
    spins = program(Step("a", Say(WORDS), HERE), Step("b", Say(WORDS), HERE, rows=(row(Otherwise(), "a"),)))
    among = with_flow(library(), "flow: a_test\ntitle: Spins\nsteps:\n  a: {say: Hello}\n")
    key = ("a_test", among.current["a_test"])
    titled = compile_flow(Flow("a_test", spins.flow.steps, HERE, title="Spins", order=("a", "b")), key[1], "wording")
    among = type(among)(
        **{name: getattr(among, name) for name in among.__slots__} | {"programs": {**among.programs, key: titled}}
    )
    taken = take_turn(among, couple(), Words(1, "/a_test"), EVENING, 1)
    assert isinstance(taken, tuple)
    world, outcome = taken
    assert not world.runs
    assert [one.message.text for one in outcome.effects if isinstance(one, Send)] == [
        "This talk went round in circles, so I put it to rest. You can start again when you like."
    ]
