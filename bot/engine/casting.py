"""Who takes part in a step, what is asked there, and what its table may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.engine.condition import SKIPPED, Known
from bot.engine.events import PersonId
from bot.engine.flow import AnswerRef, Ask, Call, Choice, Choices, Flow, Part, Scale, Share, Step, Who
from bot.engine.ledger import Ledger
from bot.engine.machine import Program
from bot.engine.run import Answer, Form, Run

BREATHED = "done"


def people_of(flow: Flow, run: Run, who: str | Who | None) -> tuple[PersonId, ...]:
    """The people that a `who` means in this run."""
    if who is None:
        return run.cast[:1]
    if isinstance(who, Who):
        return run.cast
    return (run.cast[flow.roles.index(who)],)


def included(ledger: Ledger, run: Run) -> tuple[PersonId, ...]:
    """The people whom the step of this run is for."""
    flow = ledger.program(run).flow
    return people_of(flow, run, flow.steps[run.step].who)


def question_of(ledger: Ledger, program: Program, step: Step) -> Ask | None:
    """What a step of this program asks: its own question, or that of a part the bot brings itself; None for nothing.

    Where a newer version of the flow shares the answer less, that holds at once (decision 12).
    """
    match step.action:
        case Ask():
            if ledger.library.current.get(program.name) in (program.structure, None):
                return step.action
            return _narrowed(ledger, program, step.name, step.action)
        case Call(Part.BREATHE):
            done = Choice(BREATHED, ledger.library.phrases["breathe.done"], step.mark)
            return Ask(ledger.library.phrases["breathe.text"], Choices((done,)), meanwhile=step.action.meanwhile)
        case Call(Part.UPSET):
            return Ask(ledger.library.phrases["upset.text"], Scale(0, 10), meanwhile=step.action.meanwhile)
        case _:
            return None


WIDTH = {Share.PRIVATE: 0, Share.WHEN_BOTH: 1, Share.NOW: 2}


def _narrowed(ledger: Ledger, program: Program, name: str, asked: Ask) -> Ask:
    newest = ledger.library.newest(program.name)
    step = newest.flow.steps.get(name) if newest is not None else None
    if step is None or not isinstance(step.action, Ask) or WIDTH[step.action.share] >= WIDTH[asked.share]:
        return asked
    return replace(asked, share=step.action.share)


def open_to(ledger: Ledger, run: Run, person: PersonId) -> Ask | None:
    """The question that stands open for this person in this run, if there is one."""
    if run.step not in ledger.program(run).flow.steps or ledger.root(run).suspended or run.gate is not None or run.late:
        return None
    if not ledger.knows(ledger.root(run), person):
        return None
    question = question_of(ledger, ledger.program(run), ledger.step(run))
    if question is None or person not in included(ledger, run) or run.answered_now(person):
        return None
    return question


def known(answer: Answer | None, question: Ask | None) -> Known:
    """An answer as a table sees it. One that was kept back counts as skipped, whatever its words."""
    if answer is None:
        return None
    if answer.form is Form.SKIPPED or (
        question is not None and question.share is not Share.PRIVATE and answer.share is Share.PRIVATE
    ):
        return SKIPPED
    match answer.form:
        case Form.NUMBER:
            return int(answer.value)
        case Form.CHOICE:
            return answer.value
        case Form.PICKS:
            return tuple(answer.value.split(","))
        case _:
            return "answered"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the table of a run's step may know. `given` are the answers to its question, found once for all rows."""

    ledger: Ledger
    run: Run
    given: Sequence[Known]

    @property
    def visits(self) -> int:
        return self.run.visits.get(self.run.step, 0)

    def here(self) -> Sequence[Known]:
        return self.given

    def answers(self, ref: AnswerRef) -> Sequence[Known]:
        flow = self.ledger.program(self.run).flow
        if ref.flow is not None:
            last = self.ledger.people[self.run.cast[0]].last.get(f"{ref.flow}.{ref.step}")
            return [int(last) if last is not None and last.lstrip("-").isdigit() else last]
        step = flow.steps[ref.step]
        question = question_of(self.ledger, self.ledger.program(self.run), step)
        people = people_of(flow, self.run, ref.role if ref.role is not None else step.who)
        given = [self.run.answer(ref.step, person) for person in people]
        if step.who is Who.ANYONE:
            given = [one for one in given if one is not None]
        return [known(one, question) for one in given]


def facts_of(ledger: Ledger, run: Run) -> RunFacts:
    """The facts of a run as it stands now."""
    question = question_of(ledger, ledger.program(run), ledger.step(run))
    by = (run.answer(run.step, person) for person in included(ledger, run)) if question is not None else ()
    return RunFacts(ledger, run, [known(one, question) for one in by if one is not None and one.visit == run.visit])
