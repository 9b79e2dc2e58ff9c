"""Taking an answer: a tap, typed words, a voice note. Private until its person sends it; nothing is guessed unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.engine import phone, understand
from bot.engine.casting import included, open_to, question_of
from bot.engine.endings import too_hot_to_talk
from bot.engine.events import Attached, Message, Note, PersonId, Remember, Retract
from bot.engine.flow import Ask, Call, Choice, Choices, Open, Part, Scale, Share, Who
from bot.engine.ledger import Ledger
from bot.engine.machine import ANSWERED, CHILD_DONE
from bot.engine.messages import offered, page_of, preview, preview_tag, question, question_tag
from bot.engine.parts import too_hot
from bot.engine.run import Answer, Draft, Form, Life, Run, Trail, changed
from bot.engine.steps import advance, reopen
from bot.engine.telling import ask, expose, leave, waiting
from bot.engine.text import Given, Rendered, render

GIST = 200
"""Letters of the one line that is shared instead of the whole: it has to fit on a small phone without scrolling."""

UNKEPT = (Form.WORDS, Form.VOICE, Form.PHOTO)
"""What is not kept on a phone that others use too, where it is private."""

# --- taps on a question -----------------------------------------------------------------------------------------------


def tapped(ledger: Ledger, run: Run, person: PersonId, item: str) -> bool:
    """A tap under an open question. False for an item that this question never offered."""
    asked = open_to(ledger, run, person)
    if asked is None:
        return False
    if item == "s":
        give(ledger, run, person, Form.SKIPPED, "")
        return True
    if item == "a":
        return _aloud(ledger, run, person, asked)
    match asked.expects:
        case Choices(options, 1):
            if not item.isdecimal() or int(item) >= len(options):
                return False
            give(ledger, run, person, Form.CHOICE, options[int(item)].name)
            return True
        case Choices():
            return _picked(ledger, run, person, asked.expects, item)
        case Scale(low, high):
            if not item.isdecimal() or low + int(item) > high:
                return False
            give(ledger, run, person, Form.NUMBER, str(low + int(item)))
            return True
        case Open():
            return False
        case _:
            assert_never(asked.expects)


def _aloud(ledger: Ledger, run: Run, person: PersonId, asked: Ask) -> bool:
    for_two = ledger.program(ledger.root(run)).flow.for_two
    if asked.expects not in (Open.TEXT, Open.VOICE) or not for_two or asked.share is Share.PRIVATE:
        return False
    give(ledger, run, person, Form.ALOUD, "")
    return True


def _picked(ledger: Ledger, run: Run, person: PersonId, choices: Choices, item: str) -> bool:
    picked = run.picks.get(person, ())
    if item == "d":
        if picked:
            give(ledger, run, person, Form.PICKS, ",".join(picked))
        else:
            give(ledger, run, person, Form.SKIPPED, "")
        return True
    if not item.isdecimal() or int(item) >= len(choices.options):
        return False
    name = choices.options[int(item)].name
    if name in picked:
        picked = tuple(one for one in picked if one != name)
    elif len(picked) < choices.up_to:
        picked = (*picked, name)
    else:
        ledger.toast = ledger.phrase("picks.full", person, n=Given(str(choices.up_to), choices.up_to)).text
        return True
    run = ledger.put(changed(run, picks={**run.picks, person: picked}))
    run, message, _ = question(ledger, run, person)
    ledger.edit(person, question_tag(run), message)
    return True


# --- typed words and notes --------------------------------------------------------------------------------------------


def reading(ledger: Ledger, run: Run, person: PersonId, words: str) -> Draft | None:
    """What typed words mean as an answer to the open question: sure, a guess that wants a Yes, or None."""
    asked = open_to(ledger, run, person)
    if asked is None:
        return None
    tables, today = ledger.library.tables, ledger.now.date()
    match asked.expects:
        case Choices(options, up_to):
            named = [(one.name, _label(ledger, run, one, person)) for one in options]
            chosen = understand.choice(words, named, tables)
            if chosen is None:
                return None
            if up_to == 1:
                return Draft(Form.CHOICE, chosen.value, guess=not chosen.sure)
            picked = [*dict.fromkeys([*run.picks.get(person, ()), chosen.value])]
            return Draft(Form.PICKS, ",".join(picked[-up_to:]), guess=not chosen.sure)
        case Scale(low, high):
            number = understand.scale(words, low, high, tables)
            return None if number is None else Draft(Form.NUMBER, str(number.value), guess=not number.sure)
        case Open.TEXT:
            return Draft(Form.WORDS, words)
        case Open.TIME:
            clock = understand.clock_time(words, tables)
            return None if clock is None else Draft(Form.TIME, f"{clock:%H:%M}", guess=True)
        case Open.DATE:
            day = understand.calendar_date(words, today, tables)
            return None if day is None else Draft(Form.DATE, day.isoformat(), guess=True)
        case Open.VOICE | Open.PHOTO:
            return None
        case _:
            assert_never(asked.expects)


def _label(ledger: Ledger, run: Run, option: Choice, person: PersonId) -> str:
    return render(option.label.wordings[0], page_of(ledger, run, person)).text


def typed(ledger: Ledger, run: Run, person: PersonId, words: str) -> None:
    """Typed words for the open question of this run: counted where they are clear, else asked back with the reason."""
    asked = open_to(ledger, run, person)
    if asked is None:
        ledger.say(person, "nothing_asked")
        return
    read = reading(ledger, run, person, words)
    if read is None:
        ledger.say(person, _unclear(asked))
        return
    _offer(ledger, run, person, asked, read)


def _unclear(asked: Ask) -> str:
    match asked.expects:
        case Choices():
            return "unclear.choice"
        case Scale():
            return "unclear.scale"
        case Open():
            return f"unclear.{asked.expects.value}"
        case _:
            assert_never(asked.expects)


def attached(ledger: Ledger, run: Run, person: PersonId, what: Attached, file: str) -> None:
    """A voice note or a photo for the open question. Passed on unheard and unseen, and only after *Send*."""
    asked = open_to(ledger, run, person)
    if asked is not None and what is Attached.VOICE and asked.expects in (Open.TEXT, Open.VOICE):
        _offer(ledger, run, person, asked, Draft(Form.VOICE, file))
    elif asked is not None and what is Attached.PHOTO and asked.expects is Open.PHOTO:
        _offer(ledger, run, person, asked, Draft(Form.PHOTO, file))
    else:
        ledger.say(person, "no_words")


def _offer(ledger: Ledger, run: Run, person: PersonId, asked: Ask, draft: Draft) -> None:
    """Keeps the answer, or first shows what would be kept and who would read it."""
    shared = asked.share is not Share.PRIVATE and ledger.program(ledger.root(run)).flow.for_two
    if not draft.guess and not (shared and draft.form in (Form.WORDS, Form.VOICE, Form.PHOTO)):
        give(ledger, run, person, draft.form, draft.value)
        return
    before = run.drafts.get(person)
    if before is not None and before.gist and ("\n" in draft.value.strip() or len(draft.value) > GIST):
        ledger.say(person, "preview.one_line")
        return
    if before is not None:
        ledger.edit(person, preview_tag(run))
    run = ledger.put(changed(run, drafts={**run.drafts, person: draft}))
    ledger.send(person, preview(ledger, run, asked, person, draft), preview_tag(run))


def decided(ledger: Ledger, run: Run, person: PersonId, said: str) -> bool:
    """A tap under a preview or under a guess. False where there is nothing to decide."""
    draft, asked = run.drafts.get(person), open_to(ledger, run, person)
    if draft is None or asked is None or said not in offered(draft):
        return False
    if said == "g":
        run = ledger.put(changed(run, drafts={**run.drafts, person: replace(draft, gist=True)}))
        ledger.edit(person, preview_tag(run), preview(ledger, run, asked, person, run.drafts[person]))
        return True
    rest = {who: other for who, other in run.drafts.items() if who != person}
    run = ledger.put(changed(run, drafts=rest))
    if said == "n":
        ledger.edit(person, preview_tag(run), _own(ledger.phrase("preview.again", person)))
        return True
    if said == "k" or draft.guess:
        ledger.edit(person, preview_tag(run), _own(ledger.phrase("saved", person)))
    else:
        ledger.edit(person, preview_tag(run))
    give(ledger, run, person, draft.form, draft.value, keep=said == "k")
    return True


def _own(words: Rendered) -> Message:
    return Message(words.text, words.spans)


# --- keeping an answer ------------------------------------------------------------------------------------------------


def give(ledger: Ledger, run: Run, person: PersonId, form: Form, value: str, *, keep: bool = False) -> None:
    """Keeps an answer under the promise that stood below its question, and goes on when nobody is missing."""
    step = ledger.step(run)
    asked = question_of(ledger, ledger.program(run), step)
    if asked is None:
        raise ValueError("this step asks nothing")
    share = Share.NOW if step.who is Who.ANYONE else asked.share
    if keep or form is Form.SKIPPED:
        share = Share.PRIVATE
    if share is Share.PRIVATE and form in UNKEPT and not phone.keeps(ledger, person):
        value = ""
    life = {Share.PRIVATE: Life.PRIVATE, Share.WHEN_BOTH: Life.SEALED, Share.NOW: Life.OFFERED}[share]
    answer = Answer(form, value, share, life, run.visit)
    by = {**run.answers.get(run.step, {}), person: answer}
    if step.who is Who.ANYONE:
        by = {person: answer}
    drafts = {who: draft for who, draft in run.drafts.items() if who != person}
    if person in run.drafts:
        ledger.edit(person, preview_tag(run))
    run = ledger.put(changed(run, answers={**run.answers, run.step: by}, drafts=drafts))
    hot = isinstance(step.action, Call) and step.action.target is Part.UPSET and too_hot(ledger, run, person)
    if not hot:  # else not even what the other one can take back may show that this was answered
        run = ledger.put(changed(run, trail=Trail(person, run.step, run.visit)))
    ledger.change(person, missed=False)
    _collapse(ledger, run, person, answer)
    _remember(ledger, run, person, answer)
    _note(ledger, run, person, answer)
    if hot:
        too_hot_to_talk(ledger, run, person)
    else:
        go_on(ledger, run, person)


def _collapse(ledger: Ledger, run: Run, person: PersonId, answer: Answer) -> None:
    """A shared answer stays readable under its question; a private one leaves nothing on the screen."""
    if answer.share is Share.PRIVATE or answer.form not in (Form.CHOICE, Form.PICKS, Form.NUMBER, Form.ALOUD):
        if answer.share is Share.PRIVATE:
            lost = answer.form in UNKEPT and not answer.value
            ledger.edit(person, question_tag(run), _own(ledger.phrase("kept.not" if lost else "saved", person)))
        else:
            ledger.edit(person, question_tag(run))
        return
    words = _as_read(ledger, run, person, answer)
    _, message, _ = question(ledger, run, person, ledger.phrase("answered", person, label=words))
    ledger.edit(person, question_tag(run), message)


def _remember(ledger: Ledger, run: Run, person: PersonId, answer: Answer) -> None:
    """Numbers for the person's own chart, and last answers that other flows quote."""
    if ledger.people[person].shared_phone:
        return
    if answer.form is Form.NUMBER and isinstance(ledger.step(run).action, Ask):
        ledger.effects.append(Remember(person, run.flow, run.step, int(answer.value), ledger.now))
    if (run.flow, run.step) in ledger.library.remembered and answer.form is not Form.SKIPPED and answer.value:
        ledger.change(person, last={**ledger.people[person].last, f"{run.flow}.{run.step}": answer.value})


def _as_read(ledger: Ledger, run: Run, person: PersonId, answer: Answer) -> str:
    """An answer to the step that this run stands on, as its person reads it: a label, a number, their words."""
    match answer.form:
        case Form.CHOICE | Form.PICKS:
            asked = question_of(ledger, ledger.program(run), ledger.step(run))
            options = asked.expects.options if asked is not None and isinstance(asked.expects, Choices) else ()
            labels = {one.name: _label(ledger, run, one, person) for one in options}
            return ", ".join(labels.get(name, name) for name in answer.value.split(","))
        case Form.ALOUD | Form.VOICE | Form.PHOTO:
            return ledger.phrase(f"value.{answer.form.value}", person).text
        case Form.NUMBER | Form.WORDS | Form.TIME | Form.DATE:
            return answer.value
        case Form.SKIPPED:
            return ""
        case _:
            assert_never(answer.form)


def _note(ledger: Ledger, run: Run, person: PersonId, answer: Answer) -> None:
    """Keeps the answer for its own person to read again. Not on a phone that others use too."""
    if answer.form is Form.SKIPPED or ledger.people[person].shared_phone:
        return
    shared = answer.share is not Share.PRIVATE and ledger.program(ledger.root(run)).flow.for_two
    words = _as_read(ledger, run, person, answer)
    ledger.effects.append(Note(person, run.flow, run.step, words, shared, ledger.now))


def go_on(ledger: Ledger, run: Run, person: PersonId) -> None:
    """Goes on from a question when nobody is missing; until then, and while somebody has left, its person waits."""
    step = ledger.step(run)
    people = included(ledger, run)
    if ledger.root(run).parting is not None:
        waiting(ledger, run, [person])
        return
    if step.who is not Who.ANYONE and not all(run.answered_now(one) for one in people):
        waiting(ledger, run, [person])
        return
    run = expose(ledger, run)
    if not isinstance(step.action, Call):
        advance(ledger, run, ANSWERED)
    else:
        advance(ledger, run, CHILD_DONE)


# --- back -------------------------------------------------------------------------------------------------------------


def back(ledger: Ledger, person: PersonId) -> bool:
    """Asks the person's own last question again. False where the answer has been seen or there is none."""
    for root in reversed(ledger.roots(person)):
        for run in reversed(list(ledger.tree(root))):
            if run.trail is None or run.trail.by != person or root.suspended or run.gate is not None:
                continue
            _take_back(ledger, run, run.trail)
            return True
    return False


def _take_back(ledger: Ledger, run: Run, trail: Trail) -> None:
    """Stands at that question again. What the other one answered to it stays, and is sealed again."""
    for child in [one for one in ledger.tree(run) if one.id != run.id]:
        ledger.drop(child)
    before = run.answers.get(trail.step, {})
    by = {who: given for who, given in before.items() if who != trail.by}
    taken = before.get(trail.by)
    if taken is not None and taken.form is not Form.SKIPPED and not ledger.people[trail.by].shared_phone:
        ledger.effects.append(Retract(trail.by, run.flow, trail.step))
    if run.step == trail.step:
        run = changed(run, answers={**run.answers, trail.step: by}, trail=None)
        ask(ledger, ledger.put(run), trail.by, again=True)
        return
    leave(ledger, run)
    kept = {who: _sealed(given, run.visit) if given.visit == trail.visit else given for who, given in by.items()}
    ends = {step: end for step, end in run.ends.items() if step != run.step}
    run = changed(run, step=trail.step, ends=ends, answers={**run.answers, trail.step: kept}, trail=None)
    reopen(ledger, ledger.put(run))


def _sealed(given: Answer, visit: int) -> Answer:
    sealed = given.share is Share.WHEN_BOTH and given.life is Life.OFFERED
    return replace(given, visit=visit, life=Life.SEALED if sealed else given.life)
