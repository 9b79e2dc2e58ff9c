"""Entering, leaving and finishing steps: what each kind of step does, and how one follows another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bot.engine import gate, phone, verdict
from bot.engine.casting import facts_of, included, question_of
from bot.engine.events import PersonId, Trace
from bot.engine.flow import END, Ask, Call, Kind, Part, Say, Wait
from bot.engine.ledger import Ledger, Tangled
from bot.engine.machine import ADVANCE, CHILD_DONE, Program, fire
from bot.engine.messages import question_tag
from bot.engine.parts import drawn, help_page, overlap
from bot.engine.run import Run, changed
from bot.engine.telling import clear_line, clocks, closing, leave, put_question, show, show_drafts, state, wait, waiting

VISITS = 50
"""Visits of one step in a run; past that it is put to sleep (flow format, section 3)."""

DEPTH = 10
"""Parts within parts (flow format, section 8)."""

LIFETIME = timedelta(days=30)
"""The longest life of a conversation (flow format, section 8)."""


# --- beginning --------------------------------------------------------------------------------------------------------


def begin(ledger: Ledger, program: Program, cast: tuple[PersonId, ...], parent: Run | None = None) -> Run:
    """A new run, entered at its first step."""
    run = ledger.put(_new(ledger, program, cast, parent))
    if parent is None:
        ledger.arm_in(f"{run.id}:life", cast[0], LIFETIME)
    enter(ledger, run, program.flow.first)
    return run


def _new(ledger: Ledger, program: Program, cast: tuple[PersonId, ...], parent: Run | None) -> Run:
    flow = program.flow
    return Run(
        id=ledger.name(),
        flow=flow.name,
        structure=program.structure,
        cast=cast,
        step=flow.first,
        begun=ledger.now,
        entered=ledger.now,
        seed=ledger.draw(),
        parent=None if parent is None else parent.id,
        lock=_lock(ledger, program) if parent is None else {},
        joined=frozenset(cast[:1]) if parent is None else frozenset(cast),
    )


def _lock(ledger: Ledger, program: Program) -> dict[str, str]:
    """The structure of every flow this one may run, as published now."""
    lock: dict[str, str] = {}
    waiting = [program]
    while waiting:
        for step in waiting.pop().flow.steps.values():
            if isinstance(step.action, Call) and isinstance(step.action.target, str) and step.action.target not in lock:
                part = ledger.library.newest(step.action.target)
                if part is not None:
                    lock[part.name] = part.structure
                    waiting.append(part)
    return lock


def _depth(ledger: Ledger, run: Run) -> int:
    depth = 0
    while run.parent is not None:
        run, depth = ledger.runs[run.parent], depth + 1
    return depth


# --- entering ---------------------------------------------------------------------------------------------------------


def enter(ledger: Ledger, run: Run, target: str) -> None:
    """Goes to a step and on from there, until somebody or some time is waited for, or the run is over."""
    while target != END:
        ledger.move(run)
        run = changed(run, step=target)
        people = drawn_in(ledger, run)
        if not set(people) <= ledger.root(run).joined:
            if gate.needed(ledger, run, people):
                if gate.rivals(ledger, run):
                    ledger.drop(run)
                    gate.not_now(ledger, run, run.cast[:1])
                else:
                    gate.ask(ledger, run)
                return
            if not _draw_in(ledger, run):
                return
            run = changed(run, joined=ledger.runs[run.id].joined)
        times = run.visits.get(target, 0) + 1
        if times > VISITS:
            raise Tangled(ledger.root(run))
        run = changed(
            run,
            visit=run.visit + 1,
            entered=ledger.now,
            late=False,
            visits={**run.visits, target: times},
            worded={},
            picks={},
            drafts={},
        )
        ledger.put(run)
        if not arrive(ledger, run):
            return
        run = ledger.runs[run.id]
        trigger = CHILD_DONE if isinstance(ledger.step(run).action, Call) else ADVANCE
        target = taken(ledger, run, trigger) or END
    finish(ledger, run)


def _draw_in(ledger: Ledger, run: Run) -> bool:
    """The partner comes into it. A pause sets an open talk aside; a second pause gives way to the first."""
    root = ledger.root(run)
    if ledger.program(root).flow.kind is Kind.PAUSE:
        rivals = gate.rivals(ledger, root)
        for other in rivals:
            if ledger.program(other).flow.kind is Kind.PAUSE and ledger.knows(other, root.cast[0]):
                ledger.drop_tree(root)
                show(ledger, other, run.cast[0])
                return False
        gate.take_away(ledger, root)
        for other in rivals:
            # One that is still at its gate is left to its window: while the pause runs it cannot open.
            if other.gate is None:
                suspend(ledger, other)
    for one in list(ledger.tree(root)):
        ledger.put(changed(one, joined=one.joined | frozenset(one.cast)))
    return True


def drawn_in(ledger: Ledger, run: Run) -> tuple[PersonId, ...]:
    """Whom a step draws in: those it is for, and both where it runs a flow for two (flow format, 2.6)."""
    action = ledger.step(run).action
    if isinstance(action, Call) and isinstance(action.target, str):
        part = ledger.library.programs[action.target, ledger.root(run).lock[action.target]]
        if part.flow.for_two:
            return run.cast
    return included(ledger, run)


def arrive(ledger: Ledger, run: Run) -> bool:
    """Does what the step is there for. True where nothing is waited for and the run goes on at once."""
    step = ledger.step(run)
    match step.action:
        case Say(text):
            state(ledger, run, text, stop=False)
            return True
        case Wait():
            wait(ledger, run, step.action)
            return False
        case Ask():
            put_question(ledger, run)
            return False
        case Call(target):
            return _call(ledger, run, target)
        case _:
            assert_never(step.action)


def _call(ledger: Ledger, run: Run, target: str | Part) -> bool:
    match target:
        case Part.BREATHE | Part.UPSET:
            put_question(ledger, run)
            return False
        case Part.HELP_LINES:
            for person in included(ledger, run):
                help_page(ledger, person)
            return True
        case Part.DRAW_FIRST:
            drawn(ledger, run)
            return True
        case Part.OVERLAP:
            overlap(ledger, run)
            return True
        case str():
            _run_part(ledger, run, target)
            return False
        case _:
            assert_never(target)


def _run_part(ledger: Ledger, run: Run, target: str) -> None:
    program = ledger.library.programs[target, ledger.root(run).lock[target]]
    people = included(ledger, run)
    if program.flow.for_two:
        lead = people[0]
        casts = [(lead, *(person for person in run.cast if person != lead))]
    else:
        casts = [(person,) for person in people]
        waiting(ledger, run, [person for person in run.cast if person not in people])
    copies = [ledger.put(_new(ledger, program, cast, run)) for cast in casts]
    if _depth(ledger, copies[0]) > DEPTH:
        raise Tangled(ledger.root(run))
    for copy in copies:
        if copy.id in ledger.runs:
            enter(ledger, copy, program.flow.first)


# --- going on ---------------------------------------------------------------------------------------------------------


def taken(ledger: Ledger, run: Run, trigger: str) -> str | None:
    """Where the machine says to go on this trigger. Leaves the step: open questions close, its timers end."""
    program = ledger.program(run)
    answer = fire(program, run.step, trigger, facts_of(ledger, run))
    if answer is None:
        return None
    target, row = answer
    ledger.trace.append(Trace(run.flow, run.step, trigger, 0 if row is None else row.mark.line, target))
    leave(ledger, run)
    return target


def advance(ledger: Ledger, run: Run, trigger: str) -> bool:
    """Goes on from the step a run stands on. False where the step knows no such trigger."""
    target = taken(ledger, run, trigger)
    if target is None:
        return False
    enter(ledger, ledger.runs[run.id], target)
    return True


def open_up(ledger: Ledger, run: Run) -> None:
    """The gate has opened: the run enters its step, or goes on where a pause had set it aside."""
    if run.suspended:
        resume(ledger, run)
    else:
        enter(ledger, run, run.step)


# --- finishing --------------------------------------------------------------------------------------------------------


def finish(ledger: Ledger, run: Run) -> None:
    """A run has reached its end: its parent goes on, or everybody who was not told gets one closing line."""
    for person in ledger.runs[run.id].lined:
        clear_line(ledger, run, person)
    run = ledger.runs[run.id]
    ledger.drop(run)
    if run.parent is not None:
        _return(ledger, run, ledger.runs[run.parent])
        return
    silent = {key for key in run.joined if _was_silent(ledger, run, key)}
    if silent != run.joined:
        for person in sorted(run.untold & run.joined):
            closing(ledger, person)
    for person in sorted(run.joined - silent):
        mine = ledger.people[person]
        ledger.change(person, finished={**mine.finished, run.flow: mine.finished.get(run.flow, 0) + 1})
    for person in sorted(run.joined):
        phone.tidy(ledger, person, run.begun)
    for person in sorted(run.joined - silent):
        verdict.ask(ledger, person, run.flow)
    resume_offers(ledger, run)


def _was_silent(ledger: Ledger, run: Run, person: PersonId) -> bool:
    """Whether the last question of the run was put to this person and got no answer."""
    asked = question_of(ledger, ledger.program(run), ledger.step(run))
    return asked is not None and person in included(ledger, run) and not run.answered_now(person)


def _return(ledger: Ledger, child: Run, parent: Run) -> None:
    """What was answered in a part is kept under the step that ran it; the parent goes on when no copy is open."""
    held = {step: dict(by) for step, by in parent.parts.get(parent.step, {}).items()}
    for step, by in child.answers.items():
        held.setdefault(step, {}).update(by)
    parent = ledger.put(changed(parent, parts={**parent.parts, parent.step: held}))
    if any(ledger.children(parent)):
        waiting(ledger, parent, child.cast)
        return
    advance(ledger, parent, CHILD_DONE)


# --- setting aside ----------------------------------------------------------------------------------------------------


def suspend(ledger: Ledger, root: Run) -> None:
    """A pause takes over: the talk's open questions lose their buttons, its words stay."""
    for run in list(ledger.tree(root)):
        leave(ledger, run)
    for person in root.lined:
        clear_line(ledger, root, person)
    ledger.put(changed(ledger.runs[root.id], suspended=True))
    gate.shelve(ledger, root)


def resume_offers(ledger: Ledger, over: Run) -> None:
    """After a pause, both are asked whether the talk it interrupted goes on."""
    if ledger.program(over).flow.kind is not Kind.PAUSE:
        return
    for run in list(ledger.runs.values()):
        whole = run.joined == set(run.cast) == set(over.joined) and run.parting is None
        asked = run.held is None or run.held <= ledger.now  # a talk on hold waits for its hour
        if run.root and run.suspended and run.gate is None and whole and asked:
            gate.ask(ledger, run)


def resume(ledger: Ledger, root: Run) -> None:
    """The talk goes on where it stood; what was answered before the pause stays answered."""
    ledger.put(changed(ledger.runs[root.id], suspended=False, gate=None, held=None))
    ledger.disarm(f"{root.id}:shelved")
    for run in [one for one in ledger.tree(ledger.runs[root.id]) if not any(ledger.children(one))]:
        reopen(ledger, run)


def clocks_again(ledger: Ledger, run: Run) -> None:
    """Sets the timers of this visit again, those for the moments that were promised: one that is past fires at once."""
    if isinstance(ledger.step(run).action, Wait):
        ledger.arm(f"{question_tag(run)}:wait", run.cast[0], run.ends.get(run.step, ledger.now))
    else:
        clocks(ledger, run, ledger.step(run))


def reopen(ledger: Ledger, run: Run) -> None:
    """Enters the same step as a new visit: old buttons and timers are dead, answers given in it are carried over."""
    by = {
        person: replace(given, visit=run.visit + 1) if given.visit == run.visit else given
        for person, given in run.answers.get(run.step, {}).items()
    }
    run = ledger.put(
        changed(run, visit=run.visit + 1, entered=ledger.now, late=False, answers={**run.answers, run.step: by})
    )
    action = ledger.step(run).action
    if isinstance(action, Wait):
        end = max(run.ends.get(run.step, ledger.now), ledger.now)
        ledger.arm(f"{question_tag(run)}:wait", run.cast[0], end)
        if action.text is not None:
            state(ledger, run, action.text, stop=True)
    else:
        put_question(ledger, run)
        show_drafts(ledger, ledger.runs[run.id])
