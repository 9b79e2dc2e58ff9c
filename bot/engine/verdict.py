"""After an exercise: did it help? Twice worse, and the bot says plainly that a person may help more than it can."""

from __future__ import annotations

from collections.abc import Mapping

from bot.engine import phone, quiet
from bot.engine.events import Button, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger

TAG = "verdict"

HELPED, NOT, WORSE = "h", "n", "w"
LABELS = {HELPED: "verdict.helped", NOT: "verdict.not", WORSE: "verdict.worse"}

ANY = "*"
"""Under this name `Person.worse` counts over all flows."""

ENOUGH = 2
"""This often worse in a row, and it is said that a person may help more: a choice of ours, not measured."""

OPEN = "?"
"""Stands behind the day while the question is open."""


def ask(ledger: Ledger, person: PersonId, flow: str) -> None:
    """Asks once a flow with a title is over, at most once a day, and never after a pause or a soft ending."""
    me, today = ledger.people[person], _today(ledger, person)
    if not _asks(ledger, flow) or me.judged.get(flow, "").startswith(today):
        return
    if me.away or me.left is not None or ledger.in_crisis(person):
        return
    ledger.edit(person, TAG)  # an older one that nobody answered
    ledger.change(person, judged={**_closed(me.judged), flow: today + OPEN})
    ledger.say(person, "verdict.question", *((one,) for one in buttons(ledger, person)), tag=TAG)


def _today(ledger: Ledger, person: PersonId) -> str:
    return quiet.local(ledger.people[person], ledger.now).date().isoformat()


def _closed(judged: Mapping[str, str]) -> dict[str, str]:
    return {flow: day.removesuffix(OPEN) for flow, day in judged.items()}


def _asks(ledger: Ledger, flow: str) -> bool:
    program = ledger.library.newest(flow)
    if program is None or program.flow.title is None or program.flow.kind is Kind.PAUSE:
        return False
    programs = (ledger.library.newest(name) for name in ledger.library.current)
    landings = {one.flow.alone for one in programs if one is not None}
    pause = ledger.library.home.get("pause")
    return flow not in landings and (pause is None or flow != pause.alone)


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of the question that stands open for this person; none where there is none."""
    asked = next((flow for flow, day in ledger.people[person].judged.items() if day.endswith(OPEN)), None)
    if asked is None:
        return ()
    return tuple(ledger.label(key, person, f"v:{asked}:{said}") for said, key in LABELS.items())


def tapped(ledger: Ledger, person: PersonId, flow: str, said: str) -> bool:
    """A tap under that question. False for one that was never offered."""
    me = ledger.people[person]
    if said not in LABELS or not me.judged.get(flow, "").endswith(OPEN):
        return False
    worse = _counted(me.worse, flow, said)
    ledger.change(person, judged=_closed(me.judged), worse=worse)
    if worse.get(ANY, 0) < ENOUGH:
        words = ledger.phrase("verdict.thanks", person)
        ledger.edit(person, TAG, Message(words.text, words.spans))
    else:
        words = ledger.phrase("verdict.person", person)
        helped = (ledger.label("button.help", person, "m:help"),)
        ledger.edit(person, TAG, Message(words.text, words.spans, (helped,)))
    phone.early(ledger, person)
    return True


def _counted(worse: Mapping[str, int], flow: str, said: str) -> dict[str, int]:
    """How often in a row it was worse, for this flow and over all of them."""
    if said == WORSE:
        return {**worse, flow: worse.get(flow, 0) + 1, ANY: worse.get(ANY, 0) + 1}
    return {name: times for name, times in worse.items() if name not in (flow, ANY)}
