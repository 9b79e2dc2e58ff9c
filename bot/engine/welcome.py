"""What is asked when it is first needed, one thing at a time, and can be skipped. Never before help."""

from __future__ import annotations

from bot.engine import menu, phone
from bot.engine.events import Button, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.run import Dialog, Talk

TAG = "welcome"

USE, SKIP = "use", "skip"
PRONOUNS = ("she", "he", "other")


def before(ledger: Ledger, person: PersonId, flow: str) -> bool:
    """Asks what is to be known before this flow. True where something was asked: the flow starts afterwards."""
    if ledger.people[person].introduced or _helps(ledger, flow):
        return False
    ledger.change(person, dialog=Dialog(Talk.NAME, flow))
    ledger.edit(person, TAG)
    ledger.say(person, "welcome.name", *((one,) for one in buttons(ledger, person)), tag=TAG)
    return True


def _helps(ledger: Ledger, flow: str) -> bool:
    """Whether this is a pause or calms somebody down: nothing is asked before those."""
    program, home = ledger.library.newest(flow), ledger.library.home
    places = [home[name] for name in ("pause", "calm") if name in home]
    paused = program is not None and program.flow.kind is Kind.PAUSE
    return paused or any(flow in (place.flow, place.alone) for place in places)


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of the question that stands open for this person; none where there is none.

    They carry the flow that waits, so that they still lead to it when something else came in between.
    """
    me = ledger.people[person]
    match me.dialog:
        case Dialog(Talk.NAME, str(flow)) if flow:
            label = ledger.phrase("welcome.use", person, mine=me.name).text
            use = (Button(label, f"i:name:{USE}:{flow}"),) if me.name else ()
            return (*use, ledger.label("welcome.skip", person, f"i:name:{SKIP}:{flow}"))
        case Dialog(Talk.PRONOUN, flow):
            each = (ledger.label(f"pronoun.{one}", person, f"i:pronoun:{one}:{flow}") for one in PRONOUNS)
            return (*each, ledger.label("welcome.skip", person, f"i:pronoun:{SKIP}:{flow}"))
        case _:
            return ()


def tapped(ledger: Ledger, person: PersonId, what: str, item: str) -> bool:
    """A tap under such a question. False for one that was never offered, or was answered already."""
    if what == "phone":
        return phone.answered(ledger, person, item)
    said, _, flow = item.partition(":")
    if ledger.people[person].introduced or ledger.library.newest(flow) is None:
        return False
    match what, said:
        case "name", "use" | "skip":
            _ask_pronoun(ledger, person, flow, instead=True)
            return True
        case "pronoun", _ if said in (*PRONOUNS, SKIP):
            return _begin(ledger, person, flow, said)
        case _:
            return False


def named(ledger: Ledger, person: PersonId, flow: str) -> None:
    """A name was typed. What is asked next stands below it."""
    ledger.edit(person, TAG)
    _ask_pronoun(ledger, person, flow, instead=False)


def _ask_pronoun(ledger: Ledger, person: PersonId, flow: str, *, instead: bool) -> None:
    ledger.change(person, dialog=Dialog(Talk.PRONOUN, flow))
    ledger.say(person, "welcome.pronoun", *((one,) for one in buttons(ledger, person)), tag=TAG, instead=instead)


def _begin(ledger: Ledger, person: PersonId, flow: str, said: str) -> bool:
    """Everything was asked: what waited begins."""
    me = ledger.people[person]
    ledger.change(person, introduced=True, dialog=None, pronoun=said if said in PRONOUNS else me.pronoun)
    words = ledger.phrase("welcome.done", person)
    ledger.edit(person, TAG, Message(words.text, words.spans))
    return menu.start(ledger, person, flow)
