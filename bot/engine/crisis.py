"""Words that tell of danger: contacts at once, the talk set aside, and nothing of it to anybody else.

What was typed is kept in one place (`Person.waiting`) until a few minutes are over, in case something else was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from bot.engine import profile
from bot.engine.alarm import REST, act, after_a_day, aside, ask, destroy, today
from bot.engine.casting import open_to
from bot.engine.danger import Danger, Level, recognise
from bot.engine.events import Button, Message, PersonId, Tidy
from bot.engine.gate import put as put_gate
from bot.engine.ledger import Ledger
from bot.engine.parting import part
from bot.engine.parts import HELP, NOWHERE, before_pause, closed, help_page
from bot.engine.rejoin import rejoin
from bot.engine.run import Crisis, Waiting
from bot.engine.safety_page import (
    AGAIN,
    FOLLOW,
    LIGHT,
    MINOR,
    PAGE,
    again_rows,
    first_topic,
    follow_rows,
    light_rows,
    rows,
    shown,
)
from bot.engine.steps import resume
from bot.engine.telling import show

BEFORE = timedelta(minutes=1)
"""The words that a page answers came before it; so much of the chat goes with the page."""

FOR_OTHERS = ("medical_emergency", "child_risk")
"""Kinds whose own text serves for somebody else as well."""


# --- reading ----------------------------------------------------------------------------------------------------------


def heard(ledger: Ledger, person: PersonId, typed: str) -> bool:
    """Looks at typed words before anything else does. True where they were taken: no step sees them now."""
    found = recognise(typed, ledger.library.danger)
    if not found:
        return False
    kinds = {level: _kinds(one for one in found if one.level is level) for level in Level}
    if kinds[Level.CERTAIN]:
        act(ledger, person, kinds[Level.CERTAIN], typed)
        return True
    told, day = ledger.told(person), today(ledger, person)
    fresh = [kind for kind in kinds[Level.ASK] if told.checked.get(kind) != day]
    if not fresh or (told.light is None and ledger.people[person].waiting is not None):
        return False  # asked today, or the page has just been shown
    ask(ledger, person, fresh[0], typed)
    return True


def _kinds(found: Iterable[Danger]) -> tuple[str, ...]:
    """The kinds of page for what was recognised, in the same order."""
    return tuple(
        dict.fromkeys(
            "worried_about_other" if one.other and one.category not in FOR_OTHERS else one.category for one in found
        )
    )


# --- buttons ----------------------------------------------------------------------------------------------------------


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of the light question and of the page that stand open: they can be typed as well."""
    told, waiting = ledger.told(person), ledger.people[person].waiting
    light = light_rows(ledger, person) if told.light is not None else ()
    mistaken = waiting is not None and waiting.minor
    page = rows(ledger, person, told.crisis, mistaken=mistaken) if told.crisis and told.crisis.page else ()
    return tuple(button for row in (*light, *page) for button in row)


def questions(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of what was asked later: the usual messages, and how it is after a day."""
    crisis = ledger.told(person).crisis
    again = again_rows(ledger, person) if crisis is not None and _asked_again(ledger, crisis) else ()
    asked = crisis is not None and crisis.follow and ledger.now >= after_a_day(crisis)
    return tuple(button for row in (*again, *(follow_rows(ledger, person) if asked else ())) for button in row)


def tapped(ledger: Ledger, person: PersonId, what: str, item: str, hand_on: Callable[[str], None]) -> bool:
    """A tap under a safety page. False for one that is not open. `hand_on` takes words to where they were meant for."""
    told = ledger.told(person)
    crisis, light = told.crisis, told.light
    match what:
        case "send" | "none":
            return _on_pause(ledger, person, item, send=what == "send")
        case "safe" if light is not None:
            _safe(ledger, person, hand_on)
        case "need" if light is not None:
            act(ledger, person, (light.category,), "", ("need",))
        case _ if crisis is None:
            return False
        case "yes" | "later" if _asked_again(ledger, crisis):
            return _on_again(ledger, person, crisis, yes=what == "yes")
        case "fine" | "low" if crisis.follow and ledger.now >= after_a_day(crisis):
            _on_follow(ledger, person, crisis, what)
        case "more" | "meant" | "hide" | "usual" | "follow" | "where" | "in" if crisis.page is not None:
            return _on_page(ledger, person, crisis, what, item, hand_on)
        case _:
            return False
    return True


def _on_page(
    ledger: Ledger, person: PersonId, crisis: Crisis, what: str, item: str, hand_on: Callable[[str], None]
) -> bool:
    crisis = replace(crisis, pressed=(*crisis.pressed, what))
    match what:
        case "meant":
            return _meant(ledger, person, crisis, hand_on)
        case "hide":
            _hide(ledger, person, crisis)
            return True
        case "where":
            profile.ask_country(ledger, person, data="s:in", tag=PAGE)
            return True
        case "in":
            if item not in ledger.library.help:
                return False
            ledger.change(person, country=None if item == NOWHERE else item)
        case "more":
            ledger.keep(person, crisis=crisis)
            help_page(ledger, person, first=first_topic(crisis))
            return True
        case "usual":
            crisis = replace(crisis, usual=True)
            ledger.toast = ledger.phrase("crisis.usual_done", person).text
        case "follow":
            crisis = replace(crisis, follow=True)
            ledger.arm(f"own:{person}:follow", person, after_a_day(crisis))
            ledger.toast = ledger.phrase("crisis.follow_done", person).text
    ledger.keep(person, crisis=crisis)
    _show_again(ledger, person, crisis)
    return True


def _show_again(ledger: Ledger, person: PersonId, crisis: Crisis) -> None:
    waiting = ledger.people[person].waiting
    ledger.edit(person, PAGE, shown(ledger, person, crisis, mistaken=waiting is not None and waiting.minor))


def _safe(ledger: Ledger, person: PersonId, hand_on: Callable[[str], None]) -> None:
    """Nothing was meant by it: the words go to where they would have gone."""
    waiting = ledger.people[person].waiting or Waiting()
    ledger.keep(person, light=None)
    ledger.edit(person, LIGHT, _line(ledger, person, "crisis.go_on"))
    _take_up(ledger, person, waiting, hand_on)


def _take_up(ledger: Ledger, person: PersonId, waiting: Waiting, hand_on: Callable[[str], None]) -> None:
    me = ledger.change(person, waiting=None)
    if me.dialog is None:
        ledger.change(person, dialog=waiting.dialog)
    now = {ledger.root(run).id for run in ledger.runs.values() if open_to(ledger, run, person) is not None}
    if waiting.words and waiting.asked and not now & set(waiting.asked):
        ledger.say(person, "too_late")  # to a question of another conversation they are no answer
    elif waiting.words:
        hand_on(waiting.words)


def _meant(ledger: Ledger, person: PersonId, crisis: Crisis, hand_on: Callable[[str], None]) -> bool:
    """Something else was meant. Until the delay is over everything goes on where it stood; after it the runs are gone.
    A crisis that began earlier goes on."""
    me = ledger.people[person]
    young = MINOR in (crisis.category, *crisis.also)
    if young and (me.waiting is None or not me.waiting.minor):
        return False
    began = crisis.page == crisis.at
    ledger.keep(person, crisis=None if began else replace(crisis, page=None))
    for what in ("meant", "page", *(("usual", "follow") if began else ())):
        ledger.disarm(f"own:{person}:{what}")
    ledger.change(person, minor=me.minor and not young)
    ledger.edit(person, PAGE, _line(ledger, person, "crisis.go_on" if me.waiting is not None else "crisis.closed"))
    again = [run for run in me.waiting.left if rejoin(ledger, person, run)] if me.waiting is not None else []
    for run in aside(ledger, person):
        resume(ledger, run)
    for run in ledger.roots(person):
        if run.gate is not None and person not in run.gate.said:
            put_gate(ledger, run, person)
    if me.waiting is None or (me.waiting.left and not again):
        ledger.change(person, waiting=None)
        ledger.say(person, "crisis.ended", (ledger.label("button.menu", person, "m:home"),))
    else:
        _take_up(ledger, person, me.waiting, hand_on)
    return True


def _hide(ledger: Ledger, person: PersonId, crisis: Crisis) -> None:
    """The page, and what stands in the chat since it came, turn bland."""
    since = (crisis.page or ledger.now) - BEFORE
    ledger.keep(person, crisis=replace(crisis, page=None), light=None)
    destroy(ledger, person)
    ledger.disarm(f"own:{person}:page")
    bland = closed(ledger, person)
    for tag in (LIGHT, HELP, PAGE):
        ledger.edit(person, tag, bland)
    ledger.effects.append(Tidy(person, since, bland.text))


def _line(ledger: Ledger, person: PersonId, key: str) -> Message:
    words = ledger.phrase(key, person)
    return Message(words.text, words.spans)


# --- later ------------------------------------------------------------------------------------------------------------


def due(ledger: Ledger, person: PersonId, what: str) -> None:
    """A timer of a safety page: words are destroyed, pages close, the usual messages may come back, or the one question
    after a day."""
    told = ledger.told(person)
    crisis, waiting = told.crisis, ledger.people[person].waiting
    match what:
        case "help":
            ledger.edit(person, HELP, closed(ledger, person))
        case "meant" if told.light is None:
            destroy(ledger, person)
            if crisis is not None and crisis.page is not None and waiting is not None and waiting.minor:
                _show_again(ledger, person, crisis)
        case "page":
            _close(ledger, person)
        case "usual" if crisis is not None and ledger.now >= crisis.until:
            if crisis.usual:
                ledger.keep(person, crisis=None)
            else:
                ledger.say(person, "crisis.again", *again_rows(ledger, person), tag=AGAIN, unasked=True)
        case "follow" if crisis is not None and crisis.follow:
            ledger.say(person, "crisis.asking", *follow_rows(ledger, person), tag=FOLLOW, unasked=True)


def _close(ledger: Ledger, person: PersonId) -> None:
    """A day is over: page and light question turn bland, and words that still wait are destroyed."""
    told = ledger.told(person)
    if told.light is not None:
        ledger.edit(person, LIGHT, closed(ledger, person))
    if told.crisis is not None and told.crisis.page is not None:
        ledger.edit(person, PAGE, closed(ledger, person))
        ledger.keep(person, crisis=replace(told.crisis, page=None))
    ledger.keep(person, light=None)
    destroy(ledger, person)


def _asked_again(ledger: Ledger, crisis: Crisis) -> bool:
    """Whether “the usual messages back?” stands open."""
    return not crisis.usual and ledger.now >= crisis.until


def _on_again(ledger: Ledger, person: PersonId, crisis: Crisis, *, yes: bool) -> bool:
    """The usual messages come back, or rest for as long again; after the second *Not yet* only this person brings them
    back."""
    before = crisis.pressed.count("later")
    if yes:
        ledger.keep(person, crisis=None)
        ledger.edit(person, AGAIN, _line(ledger, person, "crisis.back"))
        return True
    if before == 2:
        return False
    ledger.keep(person, crisis=replace(crisis, pressed=(*crisis.pressed, "later")))
    if before == 0:
        ledger.arm_in(f"own:{person}:usual", person, REST)
        ledger.edit(person, AGAIN, _line(ledger, person, "crisis.later"))
        return True
    words = ledger.phrase("crisis.stays", person)
    ledger.edit(person, AGAIN, Message(words.text, words.spans, (again_rows(ledger, person)[0][:1],)))
    return True


def _on_follow(ledger: Ledger, person: PersonId, crisis: Crisis, what: str) -> None:
    ledger.keep(person, crisis=replace(crisis, follow=False, pressed=(*crisis.pressed, what)))
    ledger.edit(person, FOLLOW, _line(ledger, person, "crisis.thanks"))
    if what == "low":
        help_page(ledger, person, first=first_topic(crisis))


def _on_pause(ledger: Ledger, person: PersonId, run_id: str, *, send: bool) -> bool:
    """After the help page in the middle of calling a pause: its question again, or nothing, and nobody hears of it."""
    run = ledger.runs.get(run_id)
    if run is None or not ledger.knows(run, person) or not before_pause(ledger, run, person):
        return False
    if send:
        show(ledger, run, person)
        return True
    part(ledger, run, person)
    ledger.edit(person, HELP, closed(ledger, person))
    return True
