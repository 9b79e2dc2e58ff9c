"""How a safety page looks: the fixed text, people to call in one's own country, and buttons. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from bot.engine.events import Button, Message, PersonId
from bot.engine.ledger import Ledger
from bot.engine.library import HelpLine, HelpPage
from bot.engine.messages import joined
from bot.engine.parts import NOWHERE, OWN, SCREEN, listed
from bot.engine.run import Crisis

PAGE, LIGHT, AGAIN, FOLLOW = "page", "light", "again", "follow"
"""The tags of the page, of the light question, of “the usual messages back?”, and of the question after a day."""

MINOR, CHOKED = "minor_user", "choked"

TOPICS = {
    "medical_emergency": (),
    "suicide": ("crisis",),
    "self_harm": ("crisis",),
    "violence_victim": ("violence",),
    "child_risk": ("youth",),
    "violence_perpetrator": (OWN, "crisis"),
    "coercive_control": ("violence",),
    "psychosis_or_mania": ("crisis",),
    "worried_about_other": ("crisis",),
    MINOR: ("youth",),
}
"""Whom each text points to: the first topic that the country has lines for. With a body in danger, nobody but the
emergency number."""

APART = frozenset({"violence", OWN})
"""Lines for those who are hurt and for those who hurt are not shown side by side (fact base, E7)."""


def beside(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Which texts stand below that of the first, most urgent kind: one that points to other people, and what is said to
    somebody under 18."""
    first, *rest = kinds
    further = [
        kind
        for kind in rest
        if kind != MINOR and TOPICS[kind] != TOPICS[first] and APART - {*TOPICS[kind], *TOPICS[first]}
    ]
    return (*further[:1], *(kind for kind in rest if kind == MINOR))


def first_topic(crisis: Crisis) -> str | None:
    """The topic that leads on the help page opened from this one."""
    return next(iter(TOPICS[crisis.category]), None)


def shown(ledger: Ledger, person: PersonId, crisis: Crisis, *, mistaken: bool) -> Message:
    """The page as it stands now. `mistaken`: it can still be taken back that this person is under 18."""
    place = _place(ledger, person)
    texts = (crisis.category, *crisis.also)
    adult = ledger.phrase("minor.adult", person) if MINOR in texts and mistaken else None
    whole = joined(
        ledger.phrase("crisis.lead", person),
        *(ledger.phrase(f"crisis.{text}", person, emergency=place.emergency) for text in texts),
        adult,
        listed(_lines(ledger, place, texts)),
        ledger.phrase("crisis.tail", person),
    )
    return Message(whole.text, whole.spans, rows(ledger, person, crisis, mistaken=mistaken))


def rows(ledger: Ledger, person: PersonId, crisis: Crisis, *, mistaken: bool) -> tuple[tuple[Button, ...], ...]:
    """The buttons of the page, without those that were pressed already."""
    young = MINOR in (crisis.category, *crisis.also)
    helped = [ledger.label("button.help", person, "s:more")]
    if ledger.people[person].country is None:
        helped.append(ledger.label("help.choose", person, "s:where"))
    meant = () if young and not mistaken else (ledger.label("crisis.meant", person, "s:meant"),)
    follow = () if crisis.follow else (ledger.label("crisis.follow", person, "s:follow"),)
    hide = (ledger.label("crisis.hide", person, "s:hide"),)
    usual = () if crisis.usual else (ledger.label("crisis.usual", person, "s:usual"),)
    return tuple(row for row in (tuple(helped), meant, follow, hide, usual) if row)


def question(ledger: Ledger, person: PersonId, category: str) -> Message:
    """The light question, with the emergency number and one line."""
    place = _place(ledger, person)
    words = ledger.phrase("crisis.light", person, emergency=place.emergency)
    whole = joined(words, listed(_lines(ledger, place, (category,))[:1]))
    return Message(whole.text, whole.spans, light_rows(ledger, person))


def light_rows(ledger: Ledger, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    return ((ledger.label("crisis.need", person, "s:need"), ledger.label("crisis.safe", person, "s:safe")),)


def again_rows(ledger: Ledger, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    yes, later = (ledger.label(f"crisis.again_{what}", person, f"s:{what}") for what in ("yes", "later"))
    return ((yes, later),)


def follow_rows(ledger: Ledger, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    return (tuple(ledger.label(f"crisis.{what}", person, f"s:{what}") for what in ("fine", "low")),)


def _place(ledger: Ledger, person: PersonId) -> HelpPage:
    return ledger.library.help.get(ledger.people[person].country or NOWHERE) or ledger.library.help[NOWHERE]


def _lines(ledger: Ledger, place: HelpPage, texts: Iterable[str]) -> list[HelpLine]:
    """At most three lines: those of the first text lead, and each further text gets one of them where there is one.

    Directories stand in where the country has no line of that kind.
    """
    nowhere = ledger.library.help[NOWHERE].lines
    each: list[list[HelpLine]] = []
    taken: set[str] = set()
    for text in texts:
        wanted = TOPICS.get(text, ())
        topic = next((one for one in wanted if any(line.topic == one for line in place.lines)), None)
        if not wanted or topic in taken:
            continue
        taken |= {topic} if topic is not None else set()
        each.append([line for line in place.lines if line.topic == topic] if topic is not None else list(nowhere))
    first = each[0][: SCREEN - len(each[1:])] if each else []
    return list(dict.fromkeys([*first, *(line for lines in each[1:] for line in lines[:1])]))
