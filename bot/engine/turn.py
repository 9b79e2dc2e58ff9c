"""take_turn: one input, one new world, and what follows from it. The centre of everything, and a plain function."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from bot.engine import answers, endings, gate, menu, people, profile, rhythm, words
from bot.engine.casting import included, open_to
from bot.engine.events import (
    Arrived,
    Attachment,
    Away,
    Due,
    Input,
    Outcome,
    PersonId,
    Refused,
    Returned,
    Tap,
    Why,
    Words,
)
from bot.engine.ledger import Ledger, Tangled
from bot.engine.library import Library
from bot.engine.machine import ELAPSED, TIMEOUT
from bot.engine.messages import NEW_TIMES, late_buttons, late_tag, question_tag
from bot.engine.parts import help_page
from bot.engine.run import Run, World, changed
from bot.engine.steps import advance, open_up
from bot.engine.telling import conceal, miss

LATE = timedelta(hours=1)
"""A promise kept later than this says so and offers a new time (flow format, 7.1)."""


def take_turn(
    library: Library, world: World, given: Input, now: datetime, chance: int
) -> tuple[World, Outcome] | Refused:
    """What the world becomes by one input, and the effects of it, in order.

    `now` is an aware moment, `chance` a random number of 128 bits: time and chance are arguments. Pure: the world given
    is not changed. `Refused` (a stale tap, forged data) means that nothing changed at all.
    Raises KeyError for a run whose program the library does not hold: load old versions first.
    """
    ledger = Ledger(library, world, now, chance)
    try:
        refused = _take(ledger, given)
    except Tangled as tangled:
        ledger = Ledger(library, world, now, chance)
        _untangle(ledger, tangled.run, given.by)
        refused = None
    if refused is not None:
        toast = ledger.phrase(f"refused.{refused.value}", given.by).text
        return Refused(refused, toast)
    ledger.settle_trails()
    for person in world.people:
        before = world.people[person].finished
        for flow, times in ledger.people[person].finished.items():
            if times == 1 and flow not in before:
                rhythm.offer(ledger, person, flow)
    return ledger.outcome()


def _untangle(ledger: Ledger, run: Run, by: PersonId) -> None:
    """Undoes the turn and puts the run that would not stop to sleep, if it was there before."""
    while run.parent is not None and run.parent in ledger.runs:
        run = ledger.runs[run.parent]
    if run.id in ledger.runs:
        endings.asleep(ledger, ledger.root(ledger.runs[run.id]))
    else:
        ledger.say(by, "asleep", (ledger.label("button.menu", by, "m:home"),))


def _take(ledger: Ledger, given: Input) -> Why | None:
    me = ledger.people[given.by]
    if isinstance(given, Tap | Words | Attachment | Arrived) and me.away:
        ledger.change(given.by, away=False)
    if me.missed and isinstance(given, Tap):
        ledger.change(given.by, missed=False)
    match given:
        case Tap(by, data):
            return _tapped(ledger, by, data)
        case Words(by, typed):
            tapped = words.said(ledger, by, typed)
            return _tapped(ledger, by, tapped) if tapped is not None else None
        case Attachment(by, what, file):
            words.attached(ledger, by, what, file)
        case Due(by, key, due):
            return _due(ledger, by, key, due)
        case Away(by):
            _away(ledger, by)
        case Returned(by):
            ledger.change(by, away=False)
        case Arrived(by, link, inviter):
            people.arrived(ledger, by, link, inviter)
        case _:
            assert_never(given)
    return None


def _away(ledger: Ledger, by: PersonId) -> None:
    """Somebody left: what runs for them ends, as if they had said stop."""
    ledger.change(by, away=True, dialog=None)
    for run in ledger.roots(by):
        # A talk that a pause has set aside runs into its own question whether to go on, which nobody answers here.
        if not run.suspended:
            endings.stop(ledger, run, by, quietly=True)


# --- taps -------------------------------------------------------------------------------------------------------------


def _tapped(ledger: Ledger, by: PersonId, data: str) -> Why | None:
    """Every button's data begins with one letter that says what kind of button it is. All of it is checked."""
    kind, *rest = data.split(":")
    if kind != "t":
        ledger.leave_settings(by)
    match kind, rest:
        case "a" | "d" | "l", [run_id, visit, item]:
            return _on_step(ledger, by, kind, run_id, visit, item)
        case "g", [run_id, visit, said]:
            return _at_gate(ledger, by, run_id, visit, said)
        case "x", [run_id]:
            return _stop_one(ledger, by, run_id)
        case "m", [place]:
            return None if _place(ledger, by, place) else Why.FORGED
        case "f", [flow]:
            ledger.edit(by, f"invite:{flow}")
            return None if menu.start(ledger, by, flow) else Why.FORGED
        case "w", [card]:
            return None if menu.show_card(ledger, by, card) else Why.FORGED
        case "w", [card, "s"]:
            return None if menu.show_card(ledger, by, card, sources=True) else Why.FORGED
        case "k", [question, whom, said]:
            return None if people.answered(ledger, by, question, whom, said) else Why.STALE
        case "t", [what, *item]:
            return _settled(ledger, by, what, ":".join(item))
        case "e", [flow, said]:
            return None if rhythm.answered(ledger, by, flow, said) else Why.STALE
        case "b", [said, run_id, visit, ""]:
            return None if words.resolved(ledger, by, said, run_id, visit) else Why.STALE
        case _:
            return Why.FORGED


def _on_step(ledger: Ledger, by: PersonId, kind: str, run_id: str, visit: str, item: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None:
        return Why.CLOSED
    if by not in run.cast:
        return Why.FORGED
    if visit != str(run.visit):
        return Why.STALE
    if kind == "l":
        return None if _new_time(ledger, run, by, item) else Why.STALE
    if open_to(ledger, run, by) is None:
        return Why.STALE
    took = answers.tapped(ledger, run, by, item) if kind == "a" else answers.decided(ledger, run, by, item)
    return None if took else Why.STALE


def _at_gate(ledger: Ledger, by: PersonId, run_id: str, visit: str, said: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None or run.gate is None or visit != str(run.visit):
        return Why.CLOSED
    if by not in run.cast or said not in (gate.YES, gate.NO, gate.LIGHTER):
        return Why.FORGED
    if by in run.gate.said:
        return Why.REPEATED
    if gate.answer(ledger, run, run.gate, by, said):
        open_up(ledger, ledger.runs[run_id])
    return None


def _stop_one(ledger: Ledger, by: PersonId, run_id: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None:
        return Why.CLOSED
    if not run.root or not ledger.knows(run, by):
        return Why.FORGED
    ledger.edit(by, "stop")
    endings.stop(ledger, run, by)
    return None


def _place(ledger: Ledger, by: PersonId, place: str) -> bool:
    """A button of the home or of the engine's own pages."""
    match place:
        case "home":
            menu.home(ledger, by)
        case "menu":  # from a page that stands in the menu's own message
            menu.home(ledger, by, instead=True)
        case "more":
            menu.more(ledger, by, instead=True)
        case "all":
            menu.more(ledger, by, everything=True)
        case "help":
            help_page(ledger, by)
        case "help_all":
            help_page(ledger, by, all_lines=True, instead=True)
        case "country":
            profile.ask_country(ledger, by)
        case "settings":
            profile.settings(ledger, by, instead=True)
        case "link":
            people.link(ledger, by)
        case "unlink":
            people.unlink(ledger, by)
        case _ if place in ledger.library.home:
            return menu.start(ledger, by, ledger.library.home[place].flow)
        case _:
            return False
    return True


def _settled(ledger: Ledger, by: PersonId, what: str, item: str) -> Why | None:
    if not profile.tapped(ledger, by, what, item):
        return Why.FORGED
    if what == "zone" and item:
        rhythm.moved(ledger, by)
    return None


# --- time -------------------------------------------------------------------------------------------------------------


def _due(ledger: Ledger, by: PersonId, key: str, due: datetime) -> Why | None:
    """A timer fires only if its run still stands on that step and visit; anything else changes nothing."""
    head, *rest = key.split(":")
    match head, rest:
        case "every", [_, flow, ""]:
            rhythm.due(ledger, by, flow, due)
            return None
        case run_id, ["life" | "shelved" as what] if run_id in ledger.runs:
            root = ledger.runs[run_id]
            if what == "life" or (root.suspended and root.gate is None):
                endings.quiet(ledger, root)
            return None
        case run_id, [visit, what] if run_id in ledger.runs and visit == str(ledger.runs[run_id].visit):
            return _clock(ledger, ledger.runs[run_id], what, due)
        case _:
            return Why.STALE


def _clock(ledger: Ledger, run: Run, what: str, due: datetime) -> Why | None:
    if what == "g":
        if run.gate is None:
            return Why.STALE
        endings.window_over(ledger, run)
        return None
    if ledger.root(run).suspended or run.gate is not None:
        return Why.STALE
    match what:
        case "wait":
            _elapsed(ledger, run, due)
        case "silence":
            endings.silence(ledger, run)
        case _ if what.startswith(TIMEOUT):
            miss(ledger, run)
            advance(ledger, conceal(ledger, ledger.runs[run.id]), what)
        case _ if what.startswith("r"):
            for person in included(ledger, run):
                if open_to(ledger, run, person) is not None and person not in run.drafts:
                    ledger.say(person, "remind")
        case _:
            return Why.STALE
    return None


def _elapsed(ledger: Ledger, run: Run, due: datetime) -> None:
    """A promised end. More than an hour late, because the bot was down, it says so and offers a new time."""
    if ledger.now - due <= LATE:
        advance(ledger, run, ELAPSED)
        return
    ledger.put(changed(run, late=True))
    for person in included(ledger, run):
        ledger.leave_settings(person)
        ledger.say(person, "late.question", *late_buttons(ledger, run, person), tag=late_tag(run))
    ledger.arm(f"{question_tag(run)}:silence", run.cast[0], ledger.now + NEW_TIMES["720"] * 2)


def _new_time(ledger: Ledger, run: Run, by: PersonId, item: str) -> bool:
    """The first of those who wait chooses; the others' buttons go away silently."""
    if not run.late or ledger.root(run).suspended or item not in NEW_TIMES or by not in included(ledger, run):
        return False
    for person in included(ledger, run):
        ledger.edit(person, late_tag(run))
    ledger.disarm(f"{question_tag(run)}:")
    run = ledger.put(changed(run, late=False))
    if item == "0":
        advance(ledger, run, ELAPSED)
        return True
    end = ledger.now + NEW_TIMES[item]
    run = ledger.put(changed(run, ends={**run.ends, run.step: end}))
    ledger.arm(f"{question_tag(run)}:wait", run.cast[0], end)
    for person in included(ledger, run):
        ledger.say(person, f"late.then_{item}")
    return True
