"""Entering, leaving and finishing steps: what each kind of step does, and how one follows another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bot.engine import gate
from bot.engine.casting import RunFacts, included, question_of
from bot.engine.events import Message, PersonId, Trace
from bot.engine.flow import END, Ask, Call, Choices, Kind, NoAnswer, Part, Say, Share, Step, Text, Wait, Who
from bot.engine.ledger import Ledger, Tangled
from bot.engine.machine import ADVANCE, CHILD_DONE, Program, fire, timeout_trigger
from bot.engine.messages import page_of, question, question_tag, relays, statement
from bot.engine.parts import drawn, help_page, overlap
from bot.engine.run import Answer, Life, Run, changed
from bot.engine.text import Rendered, render

VISITS = 50
"""Visits of one step in a run; past that it is put to sleep (flow format, section 3)."""

DEPTH = 10
"""Parts within parts (flow format, section 8)."""

PATIENCE = timedelta(hours=24)
"""How long a question in a flow for two waits where its author said nothing (decision 6)."""

LIFETIME = timedelta(days=30)
"""The longest life of a conversation (flow format, section 8)."""

UNSAID = timedelta(minutes=20)
"""The length of a wait whose question was skipped (check T10)."""

SHELVED = timedelta(hours=48)
"""How long a talk that a pause interrupted may be taken up again: past two nights it ends quietly."""


# --- beginning --------------------------------------------------------------------------------------------------------


def begin(ledger: Ledger, program: Program, cast: tuple[PersonId, ...], parent: Run | None = None) -> Run:
    """A new run, entered at its first step."""
    flow = program.flow
    run = Run(
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
    ledger.put(run)
    if parent is None:
        ledger.arm_in(f"{run.id}:life", cast[0], LIFETIME)
    elif _depth(ledger, run) > DEPTH:
        raise Tangled(ledger.root(run))
    enter(ledger, run, flow.first)
    return run


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
        people = included(ledger, run)
        if not set(people) <= ledger.root(run).joined:
            if gate.needed(ledger, run, people):
                if gate.busy(ledger, run) is not None:
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
        while (other := gate.busy(ledger, root)) is not None:
            if ledger.program(other).flow.kind is Kind.PAUSE:
                for one in list(ledger.tree(root)):
                    ledger.drop(one)
                show(ledger, other, run.cast[0])
                return False
            suspend(ledger, other)
    for one in list(ledger.tree(root)):
        ledger.put(changed(one, joined=one.joined | frozenset(one.cast)))
    return True


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
            return _call(ledger, run, step, target)
        case _:
            assert_never(step.action)


def _call(ledger: Ledger, run: Run, step: Step, target: str | Part) -> bool:
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
            _run_part(ledger, run, step, target)
            return False
        case _:
            assert_never(target)


def _run_part(ledger: Ledger, run: Run, step: Step, target: str) -> None:
    program = ledger.library.programs[target, ledger.root(run).lock[target]]
    people = included(ledger, run)
    if program.flow.for_two:
        lead = people[0]
        casts = [(lead, *(person for person in run.cast if person != lead))]
    else:
        casts = [(person,) for person in people]
        waiting(ledger, run, [person for person in run.cast if person not in people])
    for cast in casts:
        if run.id in ledger.runs:
            begin(ledger, program, cast, parent=ledger.runs[run.id])


# --- telling ----------------------------------------------------------------------------------------------------------


def _note(ledger: Ledger, run: Run, people: Iterable[PersonId], *, open_end: bool) -> None:
    """Remembers with the root whether the last message to these people left something open."""
    root = ledger.root(run)
    untold = root.untold | set(people) if open_end else root.untold - set(people)
    ledger.put(changed(root, untold=untold))


def reveal(ledger: Ledger, run: Run, words: Rendered) -> None:
    """Marks the answers that a text has just shown to the other one: from here on they cannot be taken back."""
    run = ledger.runs[run.id]
    for owner, value in words.showed:
        held = run.parts.get(value.part, {}) if value.part is not None else run.answers
        answer = held.get(value.step, {}).get(owner)
        if answer is None or answer.life is not Life.OFFERED:
            continue
        held = {**held, value.step: {**held[value.step], owner: replace(answer, life=Life.REVEALED)}}
        parts = {**run.parts, value.part: held} if value.part is not None else run.parts
        run = changed(run, parts=parts) if value.part is not None else changed(run, answers=held)
    ledger.put(run)


def state(ledger: Ledger, run: Run, text: Text, *, stop: bool, only: PersonId | None = None) -> None:
    """Sends a step's words to those it is for, and passes on what they quote."""
    for person in included(ledger, run):
        if only not in (None, person):
            continue
        run, message, words = statement(ledger, run, text, person, stop=stop)
        ledger.send(person, message)
        for relay in relays(words):
            ledger.send(person, relay)
        reveal(ledger, run, words)
        run = ledger.runs[run.id]
    _note(ledger, run, included(ledger, run), open_end=stop)


def waiting(ledger: Ledger, run: Run, people: Iterable[PersonId]) -> None:
    """Something kind to read for those who are not asked, or have answered: the author's words or the bot's own."""
    run = ledger.runs[run.id]
    people = [person for person in people if person in ledger.root(run).joined]
    action = ledger.step(run).action
    text = action.meanwhile if isinstance(action, Ask | Call) else None
    for person in people:
        if text is None:
            ledger.say(person, "waiting")
        else:
            words = render(text.wordings[0], page_of(ledger, run, person))
            ledger.send(person, Message(words.text, words.spans))
    _note(ledger, run, people, open_end=True)


def put_question(ledger: Ledger, run: Run) -> None:
    """Asks everybody who has not answered yet, lets the others wait, and starts the clocks of this visit."""
    step = ledger.step(run)
    asked = included(ledger, run)
    for person in asked:
        if not run.answered_now(person):
            ask(ledger, run, person)
            run = ledger.runs[run.id]
    waiting(ledger, run, [person for person in ledger.root(run).cast if person not in asked and len(run.cast) > 1])
    clocks(ledger, run, step)


def ask(ledger: Ledger, run: Run, person: PersonId) -> None:
    """Sends one person the question of this step."""
    run, message, words = question(ledger, run, person)
    ledger.send(person, message, question_tag(run))
    for relay in relays(words):
        ledger.send(person, relay)
    reveal(ledger, run, words)
    _note(ledger, run, [person], open_end=True)


def clocks(ledger: Ledger, run: Run, step: Step) -> None:
    """Reminders and time-outs of a question, all counted from the entry of the step and never reset."""
    question = question_of(ledger, step)
    if question is None:
        return
    key = question_tag(run)
    for number, after in enumerate(question.remind):
        ledger.arm(f"{key}:r{number}", run.cast[0], run.entered + after)
    triggers = {timeout_trigger(row): row.test.after for row in step.rows if isinstance(row.test, NoAnswer)}
    for trigger, after in triggers.items():
        ledger.arm(f"{key}:{trigger}", run.cast[0], run.entered + after)
    if not triggers and ledger.program(ledger.root(run)).flow.for_two:
        ledger.arm(f"{key}:silence", run.cast[0], run.entered + PATIENCE)


def wait(ledger: Ledger, run: Run, action: Wait) -> None:
    """Fixes the end of a wait as a moment that nothing moves, and says it."""
    length = action.length if isinstance(action.length, timedelta) else _chosen(ledger, run, action.length)
    end = ledger.now + length
    run = ledger.put(changed(run, ends={**run.ends, run.step: end}))
    ledger.arm(f"{question_tag(run)}:wait", run.cast[0], end)
    if action.text is not None:
        state(ledger, run, action.text, stop=True)


def _chosen(ledger: Ledger, run: Run, step: str) -> timedelta:
    """The longest length that somebody chose in that question; twenty minutes where it was skipped."""
    asked = ledger.program(run).flow.steps[step].action
    options = asked.expects.options if isinstance(asked, Ask) and isinstance(asked.expects, Choices) else ()
    lengths = {option.name: option.length for option in options}
    chosen = (lengths.get(given.value) for given in run.answers.get(step, {}).values())
    return max((length for length in chosen if length is not None), default=UNSAID)


def show(ledger: Ledger, run: Run, person: PersonId) -> None:
    """Shows a person again where they stand in a run that is already open."""
    leaf = next((one for one in ledger.tree(run) if not any(ledger.children(one)) and person in one.cast), run)
    step = ledger.step(leaf)
    asked = question_of(ledger, step)
    if run.gate is not None or run.suspended:
        ledger.say(person, "waiting")
    elif asked is not None and person in included(ledger, leaf) and not leaf.answered_now(person):
        ask(ledger, leaf, person)
    elif isinstance(step.action, Wait) and step.action.text is not None and person in included(ledger, leaf):
        state(ledger, leaf, step.action.text, stop=True, only=person)
    else:
        ledger.say(person, "waiting")


# --- going on ---------------------------------------------------------------------------------------------------------


def taken(ledger: Ledger, run: Run, trigger: str) -> str | None:
    """Where the machine says to go on this trigger. Leaves the step: open questions close, its timers end."""
    program = ledger.program(run)
    answer = fire(program, run.step, trigger, RunFacts(ledger, run))
    if answer is None:
        return None
    target, row = answer
    ledger.trace.append(Trace(run.flow, run.step, trigger, 0 if row is None else row.mark.line, target))
    leave(ledger, run)
    return target


def leave(ledger: Ledger, run: Run) -> None:
    """Buttons of an open question go away silently, and the timers of this visit end."""
    step = ledger.step(run)
    asked = question_of(ledger, step)
    if asked is not None:
        for person in included(ledger, run):
            if not run.answered_now(person):
                ledger.edit(person, question_tag(run), None)
    if asked is not None or isinstance(step.action, Wait):
        ledger.disarm(f"{question_tag(run)}:")


def advance(ledger: Ledger, run: Run, trigger: str) -> bool:
    """Goes on from the step a run stands on. False where the step knows no such trigger."""
    target = taken(ledger, run, trigger)
    if target is None:
        return False
    enter(ledger, ledger.runs[run.id], target)
    return True


def expose(ledger: Ledger, run: Run) -> Run:
    """Everybody has answered: what was sealed until then may be shown from here on."""
    by = {
        person: replace(given, life=Life.OFFERED) if given.life is Life.SEALED else given
        for person, given in run.answers.get(run.step, {}).items()
    }
    return ledger.put(changed(run, answers={**run.answers, run.step: by}))


def conceal(ledger: Ledger, run: Run) -> Run:
    """The question timed out with one side missing: the answers of the other side turn private again."""
    if ledger.step(run).who is not Who.BOTH:
        return run
    by = {person: _kept(given) if given.visit == run.visit else given for person, given in _here(run).items()}
    return ledger.put(changed(run, answers={**run.answers, run.step: by}))


def _here(run: Run) -> dict[PersonId, Answer]:
    return dict(run.answers.get(run.step, {}))


def _kept(given: Answer) -> Answer:
    return replace(given, share=Share.PRIVATE, life=Life.PRIVATE)


# --- finishing --------------------------------------------------------------------------------------------------------


def finish(ledger: Ledger, run: Run) -> None:
    """A run has reached its end: its parent goes on, or everybody who was not told gets one closing line."""
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
    resume_offers(ledger, run)


def _was_silent(ledger: Ledger, run: Run, person: PersonId) -> bool:
    """Whether the last question of the run was put to this person and got no answer."""
    asked = question_of(ledger, ledger.step(run))
    return asked is not None and person in included(ledger, run) and not run.answered_now(person)


def closing(ledger: Ledger, person: PersonId) -> None:
    """The one neutral closing line, the same for every reason."""
    ledger.say(person, "closing", (ledger.label("button.menu", person, "m:home"),))


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
    ledger.put(changed(ledger.runs[root.id], suspended=True))
    ledger.arm_in(f"{root.id}:shelved", root.cast[0], SHELVED)


def resume_offers(ledger: Ledger, over: Run) -> None:
    """After a pause, both are asked whether the talk it interrupted goes on."""
    if ledger.program(over).flow.kind is not Kind.PAUSE:
        return
    for run in list(ledger.runs.values()):
        if run.root and run.suspended and run.gate is None and set(run.cast) <= set(over.joined):
            gate.ask(ledger, run)


def resume(ledger: Ledger, root: Run) -> None:
    """The talk goes on where it stood; what was answered before the pause stays answered."""
    ledger.put(changed(ledger.runs[root.id], suspended=False, gate=None))
    ledger.disarm(f"{root.id}:shelved")
    for run in [one for one in ledger.tree(ledger.runs[root.id]) if not any(ledger.children(one))]:
        reopen(ledger, run)


def reopen(ledger: Ledger, run: Run) -> None:
    """Enters the same step as a new visit: old buttons and timers are dead, answers given in it are carried over."""
    by = {
        person: replace(given, visit=run.visit + 1) if given.visit == run.visit else given
        for person, given in _here(run).items()
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
