"""What comes again: a flow's `every` becomes one person's invitation, offered once, silent and bland."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.engine import quiet
from bot.engine.casting import open_to
from bot.engine.events import Button, PersonId
from bot.engine.flow import Ask, Every, Flow, PartnerName, Say, Select, Value
from bot.engine.ledger import Ledger
from bot.engine.profile import ask_zone

ON, OFF, RESTS = "on", "off", "rests"

STALE = timedelta(hours=1)
"""An invitation later than this, because the bot was down, falls away."""

BUSY = timedelta(hours=2)
"""How long at most an invitation waits for somebody in a live question of a flow for two (decision 8)."""

LATER = timedelta(minutes=10)


def next_time(every: Every, zone: str, after: datetime) -> datetime:
    """The next moment after `after` at which the local clock in `zone` shows the agreed time on an agreed day.

    In the gap of a clock change it is the first valid minute after, in the fold the first of the two.
    """
    place = ZoneInfo(zone)
    day = after.astimezone(place).date()
    while True:
        if day.weekday() in every.days:
            moment = _valid(datetime.combine(day, every.at), place)
            if moment > after:
                return moment
        day += timedelta(days=1)


def _valid(local: datetime, place: ZoneInfo) -> datetime:
    """A wall-clock time as a moment. A time that the clocks jump over becomes the first that exists after it."""
    moment = local.replace(tzinfo=place).astimezone(UTC)
    while moment.astimezone(place).replace(tzinfo=None) != local:
        local += timedelta(minutes=1)
        moment = local.replace(tzinfo=place).astimezone(UTC)
    return moment


def _key(person: PersonId, flow: str) -> str:
    return f"every:{person}:{flow}:"


def about_partner(flow: Flow) -> bool:
    """Whether a flow asks about the partner: it names them to its reader."""
    asked = (step.action.text for step in flow.steps.values() if isinstance(step.action, Say | Ask))
    pieces = (piece for text in asked for wording in text.wordings for piece in wording.pieces)
    return any(isinstance(piece, Value | Select) and isinstance(piece.subject, PartnerName) for piece in pieces)


def rest(ledger: Ledger, person: PersonId) -> None:
    """The pair has parted: what asks about the partner rests until there is one again."""
    for flow, wish in ledger.people[person].rhythm.items():
        program = ledger.library.newest(flow)
        if wish == ON and program is not None and about_partner(program.flow):
            ledger.change(person, rhythm={**ledger.people[person].rhythm, flow: RESTS})
            ledger.disarm(_key(person, flow))


def wake(ledger: Ledger, person: PersonId) -> None:
    """There is a partner again: what rested goes on."""
    for flow, wish in ledger.people[person].rhythm.items():
        if wish == RESTS:
            me = ledger.change(person, rhythm={**ledger.people[person].rhythm, flow: ON})
            program = ledger.library.newest(flow)
            if program is not None and program.flow.every is not None and me.zone is not None:
                ledger.arm(_key(person, flow), person, next_time(program.flow.every, me.zone, ledger.now))


def offer(ledger: Ledger, person: PersonId, flow: str) -> None:
    """Asks once, after the first time somebody has finished a flow that has its own time."""
    program = ledger.library.newest(flow)
    if program is None or program.flow.every is None or flow in ledger.people[person].rhythm:
        return
    ledger.change(person, rhythm={**ledger.people[person].rhythm, flow: OFF})
    choice = _choice(ledger, person, flow)
    ledger.say(
        person, f"every.{_days(program.flow.every)}", choice, tag=f"every:{flow}", at=_clock(program.flow.every.at)
    )


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of offers that were not taken up, the newest last."""
    off = [flow for flow, wish in ledger.people[person].rhythm.items() if wish == OFF]
    return tuple(button for flow in off for button in _choice(ledger, person, flow))


def _choice(ledger: Ledger, person: PersonId, flow: str) -> tuple[Button, Button]:
    return ledger.label("every.yes", person, f"e:{flow}:y"), ledger.label("every.no", person, f"e:{flow}:n")


def _days(every: Every) -> str:
    if len(every.days) == 7:
        return "day"
    if every.days == frozenset(range(5)):
        return "weekday"
    return "weekend" if every.days == frozenset({5, 6}) else f"weekday_{min(every.days)}"


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def answered(ledger: Ledger, person: PersonId, flow: str, said: str) -> bool:
    """A tap under the offer or under an invitation. False for one that was never offered."""
    program = ledger.library.newest(flow)
    if program is None or program.flow.every is None or flow not in ledger.people[person].rhythm:
        return False
    match said:
        case "y":
            ledger.edit(person, f"every:{flow}")
            turn_on(ledger, person, flow)
        case "n":
            ledger.edit(person, f"every:{flow}")
            ledger.change(person, rhythm={**ledger.people[person].rhythm, flow: OFF})
            ledger.disarm(_key(person, flow))
            ledger.say(person, "every.off")
        case "s":
            ledger.edit(person, f"invite:{flow}")
            ledger.toast = ledger.phrase("every.skipped", person).text
        case _:
            return False
    return True


def turn_on(ledger: Ledger, person: PersonId, flow: str) -> None:
    """Keeps the wish and sets the clock. Where the zone is not known yet it is asked for first."""
    me = ledger.change(person, rhythm={**ledger.people[person].rhythm, flow: ON})
    program = ledger.library.newest(flow)
    if program is None or program.flow.every is None:
        return
    if me.zone is None:
        ask_zone(ledger, person, flow)
        return
    ledger.change(person, dialog=None)
    ledger.arm(_key(person, flow), person, next_time(program.flow.every, me.zone, ledger.now))
    ledger.say(person, "every.on", at=_clock(program.flow.every.at))


def moved(ledger: Ledger, person: PersonId) -> None:
    """The person's zone changed: every agreed time is worked out anew."""
    me = ledger.people[person]
    waiting = me.dialog.about if me.dialog is not None else ""
    ledger.change(person, dialog=None)
    for flow, wish in me.rhythm.items():
        program = ledger.library.newest(flow)
        if wish != ON or program is None or program.flow.every is None or me.zone is None:
            continue
        if flow == waiting:
            turn_on(ledger, person, flow)
        else:
            ledger.arm(_key(person, flow), person, next_time(program.flow.every, me.zone, ledger.now))


def due(ledger: Ledger, person: PersonId, flow: str, promised: datetime) -> None:
    """The moment of an invitation: sent, put off (a live question, quiet hours), or too late and dropped.

    After a crisis invitations rest until their person wants them back, longer than everything else.
    """
    me = ledger.people[person]
    program = ledger.library.newest(flow)
    if me.rhythm.get(flow) != ON or program is None or program.flow.every is None or me.zone is None:
        return
    key = _key(person, flow)
    if ledger.now - promised <= STALE and _in_talk(ledger, person):
        ledger.arm(key, person, ledger.now + LATER)
        return
    if ledger.now - promised <= STALE and (end := quiet.ends(me, ledger.now)) is not None:
        ledger.arm(key, person, end)
        return
    ledger.arm(key, person, next_time(program.flow.every, me.zone, ledger.now))
    crisis = ledger.told(person).crisis
    if ledger.now - promised > STALE or (crisis is not None and not crisis.usual):
        return
    tag = f"invite:{flow}"
    ledger.edit(person, tag)
    rows = ((ledger.label("invite.start", person, f"f:{flow}"), ledger.label("invite.skip", person, f"e:{flow}:s")),)
    ledger.say(person, "invite.text", *rows, tag=tag, unasked=True)


def _in_talk(ledger: Ledger, person: PersonId) -> bool:
    return any(
        open_to(ledger, run, person) is not None and ledger.now - run.entered < BUSY
        for root in ledger.roots(person)
        if len(root.cast) > 1
        for run in ledger.tree(root)
    )
