"""What either of two people may do at any moment, harmless and hostile: each move picks one thing by a number."""

from __future__ import annotations

from datetime import timedelta

from random_couple import ANA, BEN, Couple

from bot.engine.events import Arrived, Attached, Attachment, Away, Input, Link, PersonId, Returned, Tap, Words

DRESSED = (
    "{0}",
    "I felt {0} <b>when</b> you {{name}} *left* _me_ `{{{{` [x](tg://user?id=1)",
    "\u202e{0}\u2066\u2067 שלום {0}",
    "\u2069\u2069\u200f{0}\u202d",
    "{0} 👩‍❤️‍💋‍👨\ufe0f é\u0301\u0301",
    "{0}\n\nשורה\r\n\u2028{0}\x85",
    "{0}\x00\x07\ud800",
    "yes {0} no 7 and 20:30 tomorrow",
    "{0} " + "é\n" * 490,
    "{0}" + "\u2066" * 980,
    "{0} " + "x" * 1000,
    "/{0} {0}",
    "@{0}: /stop",
)
"""Typed words with a mark in them, harmless and hostile."""

PLAIN = [
    "7",
    "yes",
    "no",
    "ten",
    "time out",
    "stop now",
    "we need a break",
    "20:30",
    "tomorrow",
    "berlin",
    "20 minutes",
    "?",
    "0",
    "-3",
    "\u200b",
    "   ",
    "a",
    "9",
]

COMMANDS = [
    "start",
    "menu",
    "pause",
    "stop",
    "back",
    "help",
    "why",
    "settings",
    "link",
    "time_out",
    "check_in",
    "talk_in_turns",
    "calm_me",
]
COMMANDS += ["odd_light", "odd_quarrel", "odd_pause", "odd_light", "odd_quarrel", "one_turn", "nonsense", "unlink"]

FORGED: tuple[str, ...] = (
    "",
    ":",
    "a",
    "a:x:1:0",
    "g::1:y",
    "m:nowhere",
    "f:one_turn",
    "f:odd_part",
    "w:no-card",
    "t:zone:²",
    "x:x",
    "k:2:y",
)
FORGED += (
    "t:country:zz",
    "e:check_in:y",
    "b:t",
    "b:a",
    "l:a:1:0",
    "d:a:1:y",
    "z:z",
    "t:zone:999",
    "h:x:wait",
    "h:x:18",
    "g:x:1:u7",
    "💔" * 16,
    "t:pronoun:it",
)

DANGER = (
    "i want to end my life tonight",
    "i was hit by my partner",
    "i will hurt my partner",
    "my chest hurts and my arm is numb",
    "i am fourteen years old",
)
"""Words after which everything for two rests for whoever wrote them."""

ANSWERS = ("a:", "d:", "g:", "l:", "k:", "b:", "h:", "q:", "s:", "v:")
"""The letters of the buttons that answer something."""

FOR_TWO = ("talk_in_turns", "odd_light", "odd_words", "odd_words", "odd_quarrel", "time_out", "odd_pause")

LENGTHS = (1, 4, 8, 10, 20, 60, 240, 780, 1500, 4320)
"""Minutes that pass at once."""


CLEAR = (":y", ":u2", ":fy")
"""What opens a gate: Yes, not upset, and all of it is true."""


def agree(two: Couple) -> None:
    """Both say Yes to every gate that is open to them, and mean it."""
    for person in (ANA, BEN):
        for said in CLEAR:
            for data in [one.data for one in two.live(person) if one.data[:2] == "g:" and one.data.endswith(said)]:
                two.give(Tap(person, data))


def danger(two: Couple, person: PersonId, number: int) -> None:
    """Somebody writes of danger, and may take it back at once, later, or never."""
    two.give(Words(person, DANGER[number % len(DANGER)]))
    if number % 3:
        two.pass_time(timedelta(minutes=number % 4))
        live = [one.data for one in two.live(person) if one.data.startswith("s:")]
        if live:
            two.give(Tap(person, live[number % len(live)]))


def leave(two: Couple, person: PersonId, number: int) -> None:
    """Somebody leaves, in one of the ways there are; some do it twice, or both at once."""
    ways: tuple[Input, ...] = (Words(person, "/stop"), Away(person), Words(person, "/unlink"), Words(person, "stop!"))
    two.give(ways[number % len(ways)])
    choices = [one.data for one in two.live(person) if one.data.startswith("x:")]
    if choices and number % 3:
        two.give(Tap(person, choices[-1 - number % len(choices)]))
    if number % 5 == 0:
        leave(two, ANA + BEN - person, number + 1)


def hold(two: Couple, person: PersonId, number: int) -> None:
    """Ten minutes of silence in a talk, then what the one who waits makes of them."""
    if not two.world.runs:
        rested(two)
        two.give(Words(person, "/talk_in_turns"))
        agree(two)
    two.pass_time(timedelta(minutes=10))
    for choice in (number, number // 3):
        live = [(one, its.data) for one in (ANA, BEN) for its in two.live(one) if its.data.startswith("h:")]
        if live:
            two.give(Tap(*live[-1 - choice % min(len(live), 4)]))


def rested(two: Couple) -> None:
    """Talks about conflicts begin by day and once a day: where nothing runs, the next afternoon comes."""
    if not two.world.runs:
        two.pass_time(timedelta(hours=(39 - two.now.hour) % 24 + (24 if two.now.hour == 15 else 0)))


def tell(two: Couple, person: PersonId, number: int) -> None:
    """Somebody who is asked answers with care: in words, mostly sent, or with a button that is not Skip."""
    asked = sorted({one for _, one in two.asked()}, key=lambda one: (one != person, one))
    if not asked:
        return
    person = asked[0]
    data = [one.data for one in two.live(person) if one.data.startswith("a:") and not one.data.endswith((":s", ":a"))]
    if data:
        two.give(Tap(person, data[-1 - number % len(data)]))
        return
    words = ("20:30", "tomorrow")[number % 2]
    if not any(run.step in ("when", "date") for run, one in two.asked() if one == person):
        words = DRESSED[number % len(DRESSED)].format(two.mark(person))
    kinds = (Attached.PHOTO, Attached.VOICE)
    note = number % 4 == 0 or any(run.step in ("photo", "voice") for run, one in two.asked() if one == person)
    two.give(Attachment(person, kinds[number % 2], two.mark(person)) if note else Words(person, words))
    decide = [one.data for one in two.live(person) if one.data.startswith("d:")]
    if decide and number % 8:
        two.give(Tap(person, decide[number % 3 % len(decide)] if number % 5 == 0 else decide[-3 % len(decide)]))


def move(two: Couple, what: str, person: PersonId, number: int) -> None:
    """One thing that one of the two does, chosen by the number among what is possible now."""
    match what:
        case "agree":
            agree(two)
        case "tell":
            tell(two, person, number)
        case "begin":
            if number % 2:
                rested(two)
            two.give(Words(person, f"/{FOR_TWO[number % len(FOR_TWO)]}"))
            agree(two)
        case "leave":
            leave(two, person, number)
        case "danger":
            danger(two, person, number)
        case "hold":
            hold(two, person, number)
        case "answer":
            live = [one.data for one in two.live(person) if one.data[:2] in ANSWERS]
            two.give(Tap(person, live[-1 - number % len(live)]) if live else Words(person, PLAIN[number % len(PLAIN)]))
        case "tap":
            live = [one.data for one in two.live(person)] or ["m:home"]
            two.give(Tap(person, live[number % len(live)]))
        case "stale":
            two.give(Tap(person, (two.seen[person] or ["m:home"])[number % (len(two.seen[person]) or 1)]))
        case "stolen":
            seen = two.seen[ANA + BEN - person] or ["m:home"]
            two.give(Tap(person, seen[number % len(seen)]))
        case "forged":
            parts = [*FORGED, *(f"{one.rpartition(':')[0]}:{number}" for one in two.seen[person][-5:])]
            two.give(Tap(person, parts[number % len(parts)]))
        case "typed":
            two.give(Words(person, DRESSED[number % len(DRESSED)].format(two.mark(person))))
        case "plain":
            words = [*PLAIN, *(one.label for one in two.live(person)[-6:])]
            two.give(Words(person, words[number % len(words)]))
        case "command":
            two.give(Words(person, "/" + COMMANDS[number % len(COMMANDS)]))
        case "note":
            kinds = (Attached.VOICE, Attached.PHOTO, Attached.OTHER)
            two.give(Attachment(person, kinds[number % 3], two.mark(person)))
        case "away":
            two.give((Away, Returned)[number % 2](person))
        case "opens":
            link = tuple(Link)[number % len(Link)]
            inviter = (ANA, BEN)[number // 4 % 2]
            two.give(Arrived(person, link, inviter if link is Link.GOOD else None))
        case "pass":
            two.pass_time(timedelta(minutes=LENGTHS[number % len(LENGTHS)]))
        case "sleep":
            two.now += timedelta(minutes=LENGTHS[number % len(LENGTHS)])
            two.pass_time(timedelta(0))
        case _:
            raise ValueError(what)
