"""What reaches the phones at a step: words, questions, lines for those who wait, and the clocks of this visit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.engine import gate
from bot.engine.casting import included, question_of
from bot.engine.events import Message, PersonId
from bot.engine.flow import Ask, Call, Choices, Kind, NoAnswer, Open, Share, Step, Text, Wait, Who
from bot.engine.ledger import Ledger
from bot.engine.machine import timeout_trigger
from bot.engine.messages import (
    footer,
    late_tag,
    line_tag,
    page_of,
    preview,
    preview_tag,
    question,
    question_tag,
    relays,
    statement,
)
from bot.engine.run import Answer, Life, Run, changed
from bot.engine.text import Given, Rendered, render

PATIENCE = timedelta(hours=24)
"""How long a question in a flow for two waits where its author said nothing (decision 6)."""

SILENT = timedelta(minutes=10)
"""How long nobody answers in a live talk before whoever waits is told so."""

UNSAID = timedelta(minutes=20)
"""The length of a wait whose question was skipped (check T10)."""


def _note(ledger: Ledger, run: Run, people: Iterable[PersonId], *, open_end: bool) -> None:
    """Remembers with the root whether the last message to these people left something open."""
    root, people = ledger.root(ledger.runs[run.id]), list(people)
    for person in people:
        ledger.note_seen(root, person)
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
        clear_line(ledger, run, person)
        run, message, words = statement(ledger, ledger.runs[run.id], text, person, stop=stop)
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
    # Who has answered a question for one role alone waits for the bot: the author's words are for the other one.
    answered = included(ledger, run) if ledger.step(run).who is not Who.BOTH else ()
    for person in people:
        clear_line(ledger, run, person)
        if text is None or person in answered:
            words = ledger.phrase("waiting", person)
        else:
            words = render(text.wordings[0], page_of(ledger, run, person))
        rows = footer(ledger, run, person, skip=False, stop=True)
        ledger.send(person, Message(words.text, words.spans, rows), line_tag(ledger.root(run)))
    _note(ledger, run, people, open_end=True)
    root = ledger.runs[ledger.root(run).id]
    ledger.put(changed(root, lined=root.lined | set(people)))
    if people:
        watch(ledger, run)


def watch(ledger: Ledger, run: Run) -> None:
    """Somebody waits in a live talk from here on: the ten minutes begin."""
    root = ledger.root(run)
    if ledger.program(root).flow.kind is Kind.CONFLICT and len(root.joined) > 1:
        ledger.arm(f"{question_tag(run)}:quiet", run.cast[0], ledger.now + SILENT)


def clear_line(ledger: Ledger, run: Run, person: PersonId) -> None:
    """The line that this person waited with loses its buttons: something new is about to be said."""
    root = ledger.runs[ledger.root(run).id]
    if person in root.lined:
        ledger.edit(person, line_tag(root))
        ledger.put(changed(root, lined=root.lined - {person}))


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


def _tell_what_is_kept(ledger: Ledger, run: Run, person: PersonId) -> None:
    """Said once, before the first question for words: what is kept, where, for how long, and how it goes."""
    me, asked = ledger.people[person], question_of(ledger, ledger.program(run), ledger.step(run))
    if me.told or asked is None or asked.expects is not Open.TEXT:
        return
    ledger.change(person, told=True)
    key = "household" if ledger.library.household else "shared" if me.shared_phone else "text"
    operator = ledger.library.operator or ledger.phrase("settings.nobody", person).text
    ledger.say(person, f"kept.{key}", operator=Given(operator), days=str(ledger.library.keep_days))


def ask(ledger: Ledger, run: Run, person: PersonId, *, again: bool = False) -> None:
    """Sends one person the question of this step; `again` where it stands on the phone already."""
    ledger.leave_settings(person)
    _tell_what_is_kept(ledger, run, person)
    if again:
        ledger.edit(person, question_tag(run))
    clear_line(ledger, run, person)
    run, message, words = question(ledger, ledger.runs[run.id], person)
    ledger.send(person, message, question_tag(run))
    for relay in relays(words):
        ledger.send(person, relay)
    reveal(ledger, run, words)
    _note(ledger, run, [person], open_end=True)


def show_drafts(ledger: Ledger, run: Run, only: PersonId | None = None) -> None:
    """Words that wait for *Send* are shown again under a question that was asked again."""
    asked = question_of(ledger, ledger.program(run), ledger.step(run))
    for person, draft in run.drafts.items():
        if asked is not None and only in (None, person):
            ledger.send(person, preview(ledger, run, asked, person, draft), preview_tag(run))


def clocks(ledger: Ledger, run: Run, step: Step) -> None:
    """Reminders and time-outs of a question, all counted from the entry of the step and never reset."""
    question = question_of(ledger, ledger.program(run), step)
    if question is None:
        return
    key = question_tag(run)
    for number, after in enumerate(question.remind):
        if run.entered + after <= ledger.now:
            continue  # it was said already: taking a leaving back says it to nobody again
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
    asked = question_of(ledger, ledger.program(run), step)
    if run.gate is not None:
        gate.put(ledger, run, person)
    elif asked is not None and person in included(ledger, leaf) and not leaf.answered_now(person):
        ask(ledger, leaf, person, again=True)
    elif isinstance(step.action, Wait) and step.action.text is not None and person in included(ledger, leaf):
        state(ledger, leaf, step.action.text, stop=True, only=person)
    else:
        ledger.say(person, "waiting")


def leave(ledger: Ledger, run: Run) -> None:
    """Buttons of an open question go away silently, and the timers of this visit end."""
    step = ledger.step(run)
    asked = question_of(ledger, ledger.program(run), step)
    if asked is not None:
        for person in included(ledger, run):
            if not run.answered_now(person):
                ledger.edit(person, question_tag(run))
    for person in run.drafts:
        ledger.edit(person, preview_tag(run))
    if run.late:
        for person in included(ledger, run):
            ledger.edit(person, late_tag(run))
    if asked is not None or isinstance(step.action, Wait):
        ledger.disarm(f"{question_tag(run)}:")


def miss(ledger: Ledger, run: Run) -> None:
    """A question for words closes before these people answered: words that come now are told so (decision 6)."""
    asked = question_of(ledger, ledger.program(run), ledger.step(run))
    if asked is not None and asked.expects is Open.TEXT:
        for person in included(ledger, run):
            if not run.answered_now(person):
                ledger.change(person, missed=True)


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
    by = {
        person: _kept(given) if given.visit == run.visit else given
        for person, given in run.answers.get(run.step, {}).items()
    }
    return ledger.put(changed(run, answers={**run.answers, run.step: by}))


def _kept(given: Answer) -> Answer:
    return replace(given, share=Share.PRIVATE, life=Life.PRIVATE)


def closing(ledger: Ledger, person: PersonId) -> None:
    """The one neutral closing line, the same for every reason."""
    ledger.say(person, "closing", (ledger.label("button.menu", person, "m:home"),))
