"""take_turn: one input, one new world, and what follows from it. The centre of everything, and a plain function."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import assert_never

from bot.engine import (
    answers,
    crisis,
    endings,
    gate,
    hold,
    menu,
    own_data,
    people,
    profile,
    rhythm,
    screening,
    timed,
    verdict,
    welcome,
    words,
)
from bot.engine.casting import open_to
from bot.engine.events import (
    Arrived,
    Attachment,
    Away,
    Due,
    Edit,
    Input,
    Located,
    Outcome,
    PersonId,
    Refused,
    Returned,
    Send,
    Tap,
    Why,
    Words,
)
from bot.engine.ledger import Ledger, Tangled
from bot.engine.library import Library
from bot.engine.parting import part, running
from bot.engine.parts import help_page, turned
from bot.engine.run import Run, World
from bot.engine.steps import open_up


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
    _hush(ledger, world, given)
    return ledger.outcome()


def _hush(ledger: Ledger, world: World, given: Input) -> None:
    """Who has left the pair hears nothing of what goes on for two until the other one has heard of it."""
    run = world.runs.get(given.key.partition(":")[0]) if isinstance(given, Due) else None
    for_two = run is not None and len(run.cast) > 1
    deaf = {who for who, one in ledger.people.items() if one.left is not None and (for_two or given.by != who)}
    if deaf:
        ledger.effects = [one for one in ledger.effects if not (isinstance(one, Send | Edit) and one.to in deaf)]


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
    if isinstance(given, Tap | Words | Attachment | Arrived | Located) and me.away:
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
            return timed.due(ledger, by, key, due)
        case Away(by):
            _away(ledger, by)
        case Returned(by):
            ledger.change(by, away=False)
        case Arrived(by, link, inviter):
            people.arrived(ledger, by, link, inviter)
        case Located(by, zone):
            if profile.located(ledger, by, zone):
                rhythm.moved(ledger, by)
        case _:
            assert_never(given)
    return None


def _away(ledger: Ledger, by: PersonId) -> None:
    """Somebody left: what runs for them ends, as if they had said stop."""
    ledger.change(by, away=True, dialog=None)
    for run in running(ledger, by):
        part(ledger, run, by)


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
        case "c", [flow, step]:
            return None if menu.show_chart(ledger, by, flow, step) else Why.FORGED
        case "k", [question, whom, said]:
            return None if people.answered(ledger, by, question, whom, said) else Why.STALE
        case "n", [first, number]:
            return None if turned(ledger, by, first, number) else Why.FORGED
        case "t", [what, *item]:
            return _settled(ledger, by, what, ":".join(item))
        case "e", [flow, said]:
            return None if rhythm.answered(ledger, by, flow, said) else Why.STALE
        case "s", [what, *item]:
            return None if crisis.tapped(ledger, by, what, ":".join(item), partial(_hand_on, ledger, by)) else Why.STALE
        case "q", [question, said]:
            return None if screening.tapped(ledger, by, question, said) else Why.STALE
        case "i", [what, *item]:
            return None if welcome.tapped(ledger, by, what, ":".join(item)) else Why.STALE
        case "v", [flow, said]:
            return None if verdict.tapped(ledger, by, flow, said) else Why.STALE
        case "o", [what, *item]:
            return None if own_data.tapped(ledger, by, what, ":".join(item)) else Why.STALE
        case "h", [run_id, said]:
            return hold.tapped(ledger, by, run_id, said)
        case "b", [said, run_id, visit, ""]:
            return None if words.resolved(ledger, by, said, run_id, visit) else Why.STALE
        case _:
            return Why.FORGED


def _hand_on(ledger: Ledger, by: PersonId, typed: str) -> None:
    """Words that have waited go where they would have gone."""
    tapped = words.go_on(ledger, by, typed)
    if tapped is not None:
        _tapped(ledger, by, tapped)


def _on_step(ledger: Ledger, by: PersonId, kind: str, run_id: str, visit: str, item: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None:
        return Why.CLOSED
    if by not in run.cast:
        return Why.FORGED
    if visit != str(run.visit):
        return Why.STALE
    if kind == "l":
        return None if timed.new_time(ledger, run, by, item) else Why.STALE
    if open_to(ledger, run, by) is None:
        return Why.STALE
    took = answers.tapped(ledger, run, by, item) if kind == "a" else answers.decided(ledger, run, by, item)
    return None if took else Why.STALE


def _at_gate(ledger: Ledger, by: PersonId, run_id: str, visit: str, said: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None or run.gate is None or visit != str(run.visit):
        return Why.CLOSED
    if by not in run.cast:
        return Why.FORGED
    if by in run.gate.said:
        return Why.REPEATED
    opened = gate.answer(ledger, run, run.gate, by, said)
    if opened:
        open_up(ledger, ledger.runs[run_id])
    return Why.STALE if opened is None else None


def _stop_one(ledger: Ledger, by: PersonId, run_id: str) -> Why | None:
    run = ledger.runs.get(run_id)
    if run is None:
        return Why.CLOSED
    if not run.root or by not in run.cast:
        return Why.FORGED
    if not ledger.knows(run, by):
        return Why.CLOSED
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
            help_page(ledger, by, page=1, instead=True)
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
