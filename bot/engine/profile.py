"""What people may tell the bot about themselves: name, pronoun, country, time zone. Never asked before help."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.engine import menu, quiet, understand, welcome
from bot.engine.events import Button, Message, PersonId
from bot.engine.ledger import Ledger
from bot.engine.parts import NOWHERE, help_page
from bot.engine.run import Dialog, Talk
from bot.engine.text import Given, clean_name
from bot.engine.welcome import PRONOUNS

COLUMNS = 3
"""Countries in a row of buttons: 33 of them are eleven rows. The longest names have fourteen letters."""

OFFERED = 6
"""Places offered as buttons; every other one can be typed."""


def settings(ledger: Ledger, person: PersonId, *, instead: bool = False) -> None:
    """The settings on one message, each with a button that changes it."""
    me = ledger.people[person]
    country = ledger.library.help.get(me.country or "")
    rows = (
        (ledger.label("settings.name", person, "t:name"), ledger.label("settings.pronoun", person, "t:pronoun")),
        (ledger.label("settings.country", person, "m:country"), ledger.label("settings.zone", person, "t:zone")),
        (ledger.label("settings.quiet", person, "t:quiet"), ledger.label("settings.phone", person, "i:phone")),
        (ledger.label("more.unlink" if ledger.partner(person) else "more.link", person, _link(ledger, person)),),
        (ledger.label("button.menu", person, "m:menu"),),
    )
    unset = ledger.phrase("settings.unset", person).text
    ledger.say(
        person,
        "settings.text",
        *rows,
        tag="menu",
        instead=instead,
        mine=Given(me.name, typed=True),
        pronoun=ledger.phrase(f"pronoun.{me.pronoun}", person).text,
        country=unset if country is None else country.name,
        zone=unset if me.zone is None else me.zone.replace("_", " "),
        quiet=_quiet(ledger, person),
        phone=ledger.phrase("phone.else" if me.shared_phone else "phone.me", person).text,
        operator=Given(ledger.library.operator or ledger.phrase("settings.nobody", person).text),
    )


def _quiet(ledger: Ledger, person: PersonId) -> str:
    """The quiet hours in the words of their button."""
    kept = ledger.people[person].quiet
    if kept == quiet.NEVER:
        return ledger.phrase("quiet.never", person).text
    if kept in quiet.CHOICES:
        return ledger.phrase(f"quiet.c{quiet.CHOICES.index(kept)}", person).text
    return ledger.phrase("settings.unset", person).text


def ask_quiet(ledger: Ledger, person: PersonId) -> None:
    """When nothing unasked is to come."""
    each = [ledger.label(f"quiet.c{number}", person, f"t:quiet:{number}") for number in range(len(quiet.CHOICES))]
    never = ledger.label("quiet.never", person, f"t:quiet:{quiet.NEVER}")
    ledger.edit(person, "quiet")
    ledger.say(person, "quiet.question", *((one,) for one in (*each, never)), tag="quiet")


def _keep_quiet(ledger: Ledger, person: PersonId, hours: str) -> None:
    ledger.change(person, quiet=hours)
    words = ledger.phrase("quiet.kept", person)
    ledger.edit(person, "quiet", Message(words.text, words.spans))


def _link(ledger: Ledger, person: PersonId) -> str:
    return "m:unlink" if ledger.partner(person) is not None else "m:link"


def ask_country(ledger: Ledger, person: PersonId, *, data: str = "t:country", tag: str = "help") -> None:
    """Which country's help lines to show. Never guessed from the language. `data` is what the buttons send before the
    country, `tag` names the message that asks."""
    pages = [page for page in ledger.library.help.values() if page.code != NOWHERE]
    buttons = [Button(page.name, f"{data}:{page.code}") for page in pages]
    rows = [tuple(buttons[at : at + COLUMNS]) for at in range(0, len(buttons), COLUMNS)]
    rows.append((ledger.label("help.elsewhere", person, f"{data}:{NOWHERE}"),))
    ledger.say(person, "help.which_country", *rows, tag=tag, instead=True)


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The pronouns and countries that can be tapped in the settings, for somebody who types them."""
    pronouns = [ledger.label(f"pronoun.{one}", person, f"t:pronoun:{one}") for one in PRONOUNS]
    pages = (page for page in ledger.library.help.values() if page.code != NOWHERE)
    return (*pronouns, *(Button(page.name, f"t:country:{page.code}") for page in pages))


def ask_zone(ledger: Ledger, person: PersonId, why: str = "") -> None:
    """Where the person's clock is: some buttons, a city, or the time there. `why` is a flow that waits for it."""
    ledger.change(person, dialog=Dialog(Talk.CLOCK, why))
    places = list(ledger.library.zones)[:OFFERED]
    buttons = [Button(place.title(), f"t:zone:{number}") for number, place in enumerate(places)]
    rows = [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    ledger.say(person, "zone.question", *rows, tag="zone")


def tapped(ledger: Ledger, person: PersonId, what: str, item: str) -> bool:
    """A tap in the settings. False for one that was never offered."""
    match what, item:
        case "name", "":
            ledger.change(person, dialog=Dialog(Talk.NAME))
            ledger.say(person, "name.question")
        case "pronoun", "":
            buttons = [ledger.label(f"pronoun.{one}", person, f"t:pronoun:{one}") for one in PRONOUNS]
            ledger.say(person, "pronoun.question", *[(one,) for one in buttons], tag="menu", instead=True)
        case "pronoun", _ if item in PRONOUNS:
            ledger.change(person, pronoun=item)
            settings(ledger, person, instead=True)
        case "quiet", "":
            ask_quiet(ledger, person)
        case "quiet", quiet.NEVER:
            _keep_quiet(ledger, person, quiet.NEVER)
        case "quiet", _ if item.isdecimal() and int(item) < len(quiet.CHOICES):
            _keep_quiet(ledger, person, quiet.CHOICES[int(item)])
        case "zone", "":
            ask_zone(ledger, person)
        case "zone", _ if item.isdecimal() and int(item) < len(ledger.library.zones):
            set_zone(ledger, person, list(ledger.library.zones.values())[int(item)])
        case "country", _ if item in ledger.library.help:
            ledger.change(person, country=None if item == NOWHERE else item)
            help_page(ledger, person, instead=True)
        case _:
            return False
    return True


def typed_name(ledger: Ledger, person: PersonId, words: str) -> None:
    """A name, from the settings or before a first flow, which goes on from there."""
    dialog = ledger.people[person].dialog
    waits = dialog.about if dialog is not None else ""
    name = clean_name(words)
    if waits and name.casefold() == ledger.phrase("welcome.skip", person).text.casefold():
        welcome.named(ledger, person, waits)
        return
    if not name:
        ledger.say(person, "name.empty")
        return
    ledger.change(person, name=name, dialog=None)
    if waits:
        welcome.named(ledger, person, waits)
    else:
        settings(ledger, person)


def typed_place(ledger: Ledger, person: PersonId, words: str) -> bool:
    """A city, or the time on the person's clock, from which the places that fit are offered. True once it is known."""
    place = " ".join(words.casefold().split())
    if place in ledger.library.zones:
        set_zone(ledger, person, ledger.library.zones[place])
        return True
    clock = understand.clock_time(words, ledger.library.tables)
    if clock is None:
        ledger.say(person, "zone.unclear")
        return False
    fits = [
        (number, label)
        for number, (label, zone) in enumerate(ledger.library.zones.items())
        if _minutes_apart(ledger.now.astimezone(ZoneInfo(zone)), clock.hour * 60 + clock.minute) <= 10
    ][:OFFERED]
    if not fits:
        ledger.say(person, "zone.unclear")
        return False
    buttons = [(Button(label.title(), f"t:zone:{number}"),) for number, label in fits]
    ledger.say(person, "zone.fits", *buttons, tag="zone")
    return False


def located(ledger: Ledger, person: PersonId, zone: str) -> bool:
    """A shared place: only its time zone got here. True once the zone is known."""
    if not ledger.people[person].met:
        menu.first(ledger, person)
    if not zone or zone not in ledger.library.zones.values():
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            ledger.say(person, "zone.unclear")
            return False
    set_zone(ledger, person, zone)
    return True


def _minutes_apart(local: datetime, minutes: int) -> int:
    apart = abs(local.hour * 60 + local.minute - minutes)
    return min(apart, 24 * 60 - apart)


def set_zone(ledger: Ledger, person: PersonId, zone: str) -> None:
    """Keeps the zone; a reminder that waited for it is set up by the caller of the turn."""
    me = ledger.change(person, zone=zone)
    ledger.edit(person, "zone")
    ledger.say(person, "zone.kept", zone=zone.replace("_", " "))
    if not me.quiet:
        ask_quiet(ledger, person)
