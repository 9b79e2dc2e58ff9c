"""The home and what hangs on it: starting flows, cards, help. Shows only what can start now."""

from __future__ import annotations

from bot.engine import gate, phone, welcome
from bot.engine.events import Button, Message, PersonId, Span
from bot.engine.flow import Flow, Kind, Style
from bot.engine.gate import reaches
from bot.engine.ledger import Ledger
from bot.engine.machine import Program
from bot.engine.messages import card_of, chart_of, joined
from bot.engine.steps import begin, resume
from bot.engine.telling import show
from bot.engine.text import Given, Rendered

HOME = ("pause", "check", "talk")
"""The places of the home, in order; *More* and *More help* always stand below."""


def first(ledger: Ledger, person: PersonId) -> None:
    """The first message: three lines and four buttons, and help before any question."""
    ledger.change(person, met=True)
    phone.plan(ledger, person)
    ledger.say(
        person,
        "first",
        (ledger.label("home.pause", person, "m:pause"),),
        (ledger.label("home.calm", person, "m:calm"), ledger.label("button.help", person, "m:help")),
        (ledger.label("home.setup", person, "m:settings"),),
        tag="menu",
    )


def home(ledger: Ledger, person: PersonId, *, instead: bool = False) -> None:
    rows: list[tuple[Button, ...]] = [
        (ledger.label(f"home.{place}", person, f"m:{place}"),)
        for place in HOME
        if place in ledger.library.home and can_start(ledger, person, ledger.library.home[place].flow)
    ]
    last = (ledger.label("home.more", person, "m:more"), ledger.label("button.help", person, "m:help"))
    ledger.say(person, "home.text", *rows, last, tag="menu", instead=instead)


def more(ledger: Ledger, person: PersonId, *, instead: bool = False, everything: bool = False) -> None:
    """What can start now and is not on the home; with `everything`, what is on it too."""
    placed = (
        set() if everything else {ledger.library.home[place].flow for place in HOME if place in ledger.library.home}
    )
    placed |= {place.alone for place in ledger.library.home.values() if place.alone is not None}
    rows: list[tuple[Button, ...]] = [
        (Button(program.flow.title or program.name, f"f:{program.name}"),)
        for program in _titled(ledger)
        if program.name not in placed and can_start(ledger, person, program.name)
    ]
    link = "more.unlink" if ledger.partner(person) is not None else "more.link"
    rows.append((ledger.label(link, person, f"m:{link.removeprefix('more.')}"),))
    rows.append((ledger.label("more.settings", person, "m:settings"),))
    rows.append((ledger.label("button.menu", person, "m:menu"), ledger.label("button.help", person, "m:help")))
    ledger.say(person, "more.text", *rows, tag="menu", instead=instead)


def _titled(ledger: Ledger) -> list[Program]:
    programs = (ledger.library.newest(name) for name in ledger.library.current)
    return [program for program in programs if program is not None and program.flow.title is not None]


def can_start(ledger: Ledger, person: PersonId, name: str) -> bool:
    """Whether a tap on this flow would lead somewhere now. A pause always can, with or without a partner."""
    program = ledger.library.newest(name)
    if program is None or program.flow.title is None or _not_offered(ledger, person, program.flow):
        return False
    if not program.flow.for_two or program.flow.kind is Kind.PAUSE:
        return True
    taken = (run for run in ledger.roots(person) if len(run.cast) > 1 and not run.suspended)
    return ledger.partner(person) is not None and not any(taken)


def _not_offered(ledger: Ledger, person: PersonId, flow: Flow) -> bool:
    """Talks about a conflict are left out of a household's own copy and of a shared phone, and that is said openly."""
    return flow.kind is Kind.CONFLICT and gate.offers_none(ledger, person)


def stand_in(ledger: Ledger, flow: Flow) -> Program | None:
    """The version for one of a flow for two, if there is one."""
    for place in ledger.library.home.values():
        if place.flow == flow.name and place.alone is not None:
            return ledger.library.newest(place.alone)
    return None


def start(ledger: Ledger, person: PersonId, name: str) -> bool:
    """Starts a flow, or shows where its person stands in it already. False if there is no such flow to start."""
    program = ledger.library.newest(name)
    if program is None or program.flow.title is None:
        return False
    if _not_offered(ledger, person, program.flow) and all(run.flow != name for run in ledger.roots(person)):
        ledger.say(person, "phone.household" if ledger.library.household else "phone.not_offered")
        return True
    partner = ledger.partner(person)
    if program.flow.for_two and partner is None:
        alone = stand_in(ledger, program.flow)
        if alone is None:
            ledger.say(person, "needs_partner", (ledger.label("more.link", person, "m:link"),))
            return True
        program = alone
    if program.flow.for_two and program.flow.kind is not Kind.PAUSE and not reaches(ledger, person):
        _resting(ledger, person)
        return True
    for run in ledger.roots(person):
        if run.flow == program.name and (not run.suspended or run.gate is not None):
            show(ledger, run, person)
            return True
        if run.flow == program.name and run.joined == {person}:  # it was set aside for this person alone
            resume(ledger, run)
            return True
    if welcome.before(ledger, person, program.name):
        return True
    cast = (person, partner.id) if program.flow.for_two and partner is not None else (person,)
    for one in cast:
        ledger.subject(one, new=True)
    begin(ledger, program, cast)
    return True


def _resting(ledger: Ledger, person: PersonId) -> None:
    """Things for two are closed to this person for now, whoever looks; what can be done alone is not."""
    ledger.say(
        person,
        "minor.rest" if ledger.people[person].minor else "crisis.rest",
        (ledger.label("home.calm", person, "m:calm"), ledger.label("button.help", person, "m:help")),
    )


# --- cards ------------------------------------------------------------------------------------------------------------


def why(ledger: Ledger, person: PersonId) -> None:
    """The card of the step this person stands on."""
    for root in reversed(ledger.roots(person)):
        for run in reversed(list(ledger.tree(root))):
            card = card_of(ledger, run)
            if person in run.cast and card is not None:
                show_card(ledger, person, card)
                return
    ledger.say(person, "card.none")


def show_card(ledger: Ledger, person: PersonId, name: str, *, sources: bool = False) -> bool:
    """What happens, what helps, how sure science is; the sources on a further tap. False for an unknown card."""
    card = ledger.library.cards.get(name)
    if card is None:
        return False
    title = Rendered(card.title, (Span(0, len(card.title), Style.BOLD),))
    happens = ledger.phrase("card.happens", person, words=Given(card.what_happens))
    helps = ledger.phrase("card.helps", person, words=Given(card.what_helps))
    sure = ledger.phrase(f"evidence.{card.evidence}", person)
    mirror = ledger.phrase("card.mirror", person) if ledger.partner(person) is not None else None
    cited = _sources(ledger, person, card.refs) if sources else None
    whole = joined(title, happens, helps, sure, mirror, cited)
    more = () if sources or not card.refs else ((ledger.label("card.sources", person, f"w:{name}:s"),),)
    message = Message(whole.text, whole.spans, more)
    if sources:
        ledger.edit(person, f"card:{name}", message)
    else:
        ledger.send(person, message, f"card:{name}")
    return True


def _sources(ledger: Ledger, person: PersonId, refs: tuple[str, ...]) -> Rendered:
    lines = []
    for key in refs:
        reference = ledger.library.references[key]
        if reference.verified:
            link = f" https://doi.org/{reference.doi}" if reference.doi else ""
            lines.append(f"{reference.cite}.{link}")
        else:
            lines.append(ledger.phrase("card.unchecked", person, cite=reference.cite).text)
    return ledger.phrase("card.sources_head", person, lines=Given("\n".join(lines)))


def show_chart(ledger: Ledger, person: PersonId, name: str, place: str) -> bool:
    """The person's own chart of a flow's step. False where that step offers none."""
    program = ledger.library.newest(name)
    if program is None or not place.isdecimal() or int(place) >= len(program.flow.order):
        return False
    chart = chart_of(ledger, program.flow, program.flow.steps[program.flow.order[int(place)]], person)
    if chart is None:
        return False
    ledger.send(person, chart)
    return True


# --- when nothing fits ------------------------------------------------------------------------------------------------


def lost(ledger: Ledger, person: PersonId) -> None:
    """Words that no question awaits and no flow answers to."""
    ledger.say(
        person,
        "lost.text",
        (ledger.label("lost.calm", person, "m:calm"),),
        (ledger.label("lost.sort", person, "m:check"),),
        (ledger.label("lost.all", person, "m:all"),),
        (ledger.label("button.help", person, "m:help"),),
    )
