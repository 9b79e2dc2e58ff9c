"""Two people link and talk in turns to the end, twice at once: in quiet, and with everything going wrong that can."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from locksmith import written
from telegram_server import Person, TelegramServer
from telegram_server.refusal import NOT_MODIFIED, QUERY_TOO_OLD

from bot.engine.events import Message
from bot.engine.saved import load_message

from .conftest import TOKEN
from .pair import settle
from .process import Copy
from .stored import readable

IN_HAND = """
SELECT chat, payload FROM outbox JOIN people ON people.id = outbox.person
WHERE outbox.kind = 'send' AND status = 'queued' AND lease > 0
"""
"""The new messages that a sender had in hand when its process died, by the chat they go to."""

PATIENCE = 20.0
"""Seconds for a message to come, with a restart and several pauses of the bot in between."""

TOPIC = "{topic} *dishes* <b>__again__</b> [x](y) `z` \N{RIGHT-TO-LEFT MARK}שלום {name}, 100 %"
VOICE = b"OggS, and three seconds of a voice"
DRAFT = "that you never do the dishes"
KEPT = "furious, but I would rather not say it"
FELT = "I felt alone with it."
HEARD = "You felt alone with all of it."
THANKS = {"first": "that you stayed in the room", "second": "that you said it back"}


@dataclass
class Storm:
    """What goes wrong, by the name of the act during which it does.

    kills: the process is killed in the moment when it next calls a method: while a message or an edit is on its way,
    when the update is committed but not confirmed (answerCallbackQuery), or when it is confirmed but nothing was sent
    (getUpdates). faults: what the next message meets on its way.
    """

    kills: dict[str, str] = field(default_factory=dict)
    faults: dict[str, int | str] = field(default_factory=dict)


@dataclass
class Stage:
    """A bot, its Telegram and two people. `in_flight` are the messages that were on their way when it was killed."""

    server: TelegramServer
    bot: Copy
    storm: Storm
    ana: Person
    ben: Person
    in_flight: list[tuple[int, Message]] = field(default_factory=list)
    deaths: int = 0

    async def act(self, name: str, deed: Awaitable[object], *seen: tuple[Person, str]) -> None:
        """Does one thing and waits until both see something new come of it, whatever strikes meanwhile."""
        if (fault := self.storm.faults.pop(name, None)) is not None:
            self.server.fail("sendMessage", fault, count=1)  # type: ignore[arg-type]
        if (method := self.storm.kills.pop(name, None)) is not None:
            await self._fall(method, deed)
        else:
            await deed
        for person, words in seen:
            await person.sees(words, PATIENCE, unread=True)

    async def _fall(self, method: str, deed: Awaitable[object]) -> None:
        # A poll takes effect before the kill, as if it had arrived just in time; anything else is on its way then.
        slow, self.server.delay = self.server.delay, 0.0 if method == "getUpdates" else self.server.delay
        called = asyncio.create_task(self.server.called(method, PATIENCE))
        await asyncio.sleep(0)  # so that it listens before anything is called
        await deed
        await called
        await self.bot.kill()
        self.server.delay = slow
        self.deaths += 1
        held = self.bot.rows(IN_HAND)
        self.in_flight += [(chat, load_message(payload)) for chat, payload in held]
        await self.bot.start()

    def tap(self, who: Person, label: str) -> Awaitable[str]:
        return who.tap(label, timeout=PATIENCE)


async def link(stage: Stage) -> None:
    """Ana invites, Ben opens and agrees, Ana says that it is Ben."""
    ana, ben = stage.ana, stage.ben
    await stage.act("hello", ana.send("/start"), (ana, "Hello, Ana"))
    await stage.act("invite", ana.send("/link"), (ana, "?start="))
    words = next(message.words for message in ana.chat if "?start=" in message.words)
    address = re.search(r"https://t\.me/\S+", words)
    assert address
    await stage.act("open", ben.open(address[0]), (ben, "would like to link with you"))
    await stage.act("agree", stage.tap(ben, "I agree"), (ana, "Is this your partner?"))
    await stage.act("admit", stage.tap(ana, "Yes, this is Ben"), (ana, "are linked"), (ben, "are linked"))


async def open_talk(stage: Stage) -> tuple[Person, Person]:
    """Both say Yes, each alone, and answer two questions more. Gives who was drawn to begin, and who listens."""
    ana, ben = stage.ana, stage.ben
    await stage.act("start", ana.send("/talk_in_turns"), (ana, "each of you alone"), (ben, "each of you alone"))
    for who, deed in ((ana, "first yes"), (ben, "second yes")):
        await stage.act(f"{deed} at all", stage.tap(who, "Yes"), (who, "How upset are you"))
        await stage.act(f"{deed} and calm", stage.tap(who, "1"), (who, "Is all of this true"))
        await stage.act(deed, stage.tap(who, "Yes, all of it"), (who, "Saved. You will hear"))
    asked = [asyncio.create_task(one.sees("Name one topic", PATIENCE)) for one in (ana, ben)]
    done, rest = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for one in rest:
        one.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    return (ana, ben) if asked[0] in done and not asked[0].exception() else (ben, ana)


async def talk(stage: Stage, first: Person, second: Person) -> None:
    """The whole of it: preview, change, keep, a voice note, said aloud, Why? with its sources, help in the middle."""
    one, two = first.user.first_name, second.user.first_name
    await stage.act("draft", first.send(DRAFT), (first, f"“{DRAFT}”"))
    await stage.act("change", stage.tap(first, "Change"), (first, "Write it again"))
    await stage.act("topic", first.send(TOPIC), (first, TOPIC))
    await stage.act("topic sent", stage.tap(first, "Send"), (first, "you have the floor"), (second, TOPIC))
    await stage.act("why", stage.tap(first, "Why?"), (first, "What can help."))
    await stage.act("sources", stage.tap(first, "Sources"), (first, "https://doi.org/"))
    await stage.act("voice", first.voice(VOICE), (first, "(a voice message)"))
    await stage.act("voice sent", stage.tap(first, "Send"), (second, f"{one} said:"))
    await stage.act("help", stage.tap(second, "More help"), (second, "Help from people"))
    await stage.act("aloud", stage.tap(second, "I said it aloud"), (first, f"{two} heard: (said aloud)"))
    await stage.act("meant", stage.tap(first, "Yes, that is it"), (second, f"What may {one} be feeling?"))
    await stage.act("guess", second.send(KEPT), (second, f"“{KEPT}”"))
    await stage.act(
        "guess kept",
        stage.tap(second, "Keep to myself"),
        (first, "How upset are you"),
        (second, "How upset are you"),
    )
    await stage.act("calm", stage.tap(first, "2"), (first, "Thank you. "))
    await stage.act("calm too", second.send("three"), (second, f"{two}, you have the floor"))
    await stage.act("felt", second.send(FELT), (second, f"“{FELT}”"))
    await stage.act("felt sent", stage.tap(second, "Send"), (first, f"{two} said: “{FELT}”"))
    await stage.act("heard", first.send(HEARD), (first, f"“{HEARD}”"))
    await stage.act("heard sent", stage.tap(first, "Send"), (second, f"{one} heard: “{HEARD}”"))
    await stage.act("meant too", stage.tap(second, "Yes, that is it"), (first, f"What may {two} be feeling?"))
    await stage.act("no guess", stage.tap(first, "Skip"), (first, "thankful for?"), (second, "thankful for?"))
    await stage.act("thanks", first.send(THANKS["first"]), (first, f"“{THANKS['first']}”"))
    await stage.act("thanks sent", stage.tap(first, "Send"), (first, "when you have both answered."))
    await stage.act("thanks too", second.send(THANKS["second"]), (second, f"“{THANKS['second']}”"))
    await stage.act(
        "thanks too sent",
        stage.tap(second, "Send"),
        (first, "Did that help?"),
        (second, "Did that help?"),
    )


def in_storm() -> Storm:
    """Four deaths and three faults, spread over the talk."""
    return Storm(
        kills={
            "topic sent": "sendMessage",
            "guess kept": "answerCallbackQuery",
            "felt": "getUpdates",
            "thanks too sent": "editMessageReplyMarkup",
        },
        faults={"open": 500, "second yes": 429, "heard sent": "reset"},
    )


async def play(stage: Stage) -> tuple[Person, Person]:
    """From the first Start to the last word; gives who began and who listened."""
    await stage.bot.start()
    await link(stage)
    assert await stage.bot.stop() == 0
    settle(stage.bot, stage.ana, stage.ben)
    await stage.bot.start()
    first, second = await open_talk(stage)
    await talk(stage, first, second)
    assert await stage.bot.stop() == 0
    return first, second


# --- what is left afterwards ------------------------------------------------------------------------------------------


def came(person: Person) -> list[str]:
    """Every message of the bot as it was when it came, in order; a voice note is its kind. The link is another one."""
    return [
        re.sub(r"start=\w+", "start=…", event.message.words) or f"<{event.message.media_kind}>"
        for event in person.log
        if event.kind == "bot" and event.message is not None
    ]


def once(texts: list[str], flying: list[str]) -> list[str]:
    """The texts without the second copy of those that were on their way when the bot was killed."""
    kept: list[str] = []
    for text in texts:
        if kept and kept[-1] == text and text in flying:
            flying.remove(text)
        else:
            kept.append(text)
    return kept


def by_role(texts: list[str], first: Person) -> list[str]:
    """The same texts with roles for names: who begins is drawn, so it is not always the same one."""
    return [
        re.sub("Ana|Ben", lambda name: "FIRST" if name[0] == first.user.first_name else "SECOND", one) for one in texts
    ]


def talked(texts: list[str]) -> list[str]:
    """What came after the link."""
    return texts[next(number for number, text in enumerate(texts) if "are linked" in text) + 1 :]


def check_order(calm: Stage, stormy: Stage, calm_first: Person, stormy_first: Person) -> None:
    """In each chat the same messages in the same order as in the quiet, each of them once."""
    flying = {
        one.id: [message.text.strip() or "<voice>" for chat, message in stormy.in_flight if chat == one.id]
        for one in (stormy.ana, stormy.ben)
    }
    quiet = {one.id: came(one) for one in (calm.ana, calm.ben)}
    loud = {one.id: once(came(one), flying[one.id]) for one in (stormy.ana, stormy.ben)}
    for here, there in ((calm.ana, stormy.ana), (calm.ben, stormy.ben)):
        before, after = quiet[here.id], loud[there.id]
        assert after[: len(after) - len(talked(after))] == before[: len(before) - len(talked(before))]
    calm_second = calm.ben if calm_first is calm.ana else calm.ana
    stormy_second = stormy.ben if stormy_first is stormy.ana else stormy.ana
    for here, there in ((calm_first, stormy_first), (calm_second, stormy_second)):
        said = by_role(talked(loud[there.id]), stormy_first)
        assert said == by_role(talked(quiet[here.id]), calm_first)
        twice = {text for text, count in Counter(said).items() if count > 1}
        assert all(text.startswith("Thank you") for text in twice)  # the only words that the talk says twice


def check_answers(stage: Stage, first: Person, second: Person) -> None:
    """What was sent stands on the other phone word for word; what was kept stands nowhere else."""
    heard = {one.id: "\n".join(came(one)) for one in (first, second)}
    theirs = (
        (second, TOPIC), (second, "(a voice message)"), (second, THANKS["first"]), (first, FELT), (second, HEARD),
        (first, THANKS["second"]), (first, "(said aloud)"),
    )  # fmt: skip
    for reader, words in theirs:
        assert words in heard[reader.id]
    voices = [message.media for message in second.chat if message.from_bot and message.media_kind == "voice"]
    assert voices and all(
        media and stage.server.world.files.path(media["voice"]["file_id"])["file_size"] == len(VOICE)
        for media in voices
    )
    everything = {one.id: "\n".join(str(event) for event in one.log) for one in (first, second)}
    for other, private in ((second, DRAFT), (first, KEPT), (first, "Help from people"), (second, "What can help")):
        assert private not in everything[other.id]


def check_store(stage: Stage) -> None:
    """Nothing was put aside, nothing waits, nothing runs any more; every update is there once."""
    assert stage.bot.rows("SELECT count(*) FROM outbox WHERE status IN ('queued', 'quarantined')") == [(0,)]
    assert stage.bot.rows("SELECT count(*) FROM runs") == [(0,)]
    assert stage.bot.rows("SELECT count(*) FROM inbox WHERE status = 'quarantined'") == [(0,)]
    acts = [event for event in stage.server.log if event.kind in ("person", "tapped")]
    assert stage.bot.rows("SELECT count(*) FROM inbox") == [(len(acts),)]
    assert not stage.server.updates.pending
    assert len(stage.server.unanswered) <= stage.deaths
    assert stage.server.too_early == []


async def test_two_people_talk_to_the_end_while_everything_goes_wrong(tmp_path: Path) -> None:
    """The same talk in quiet, under keys, and in a storm: killed again and again, updates twice, broken connections."""
    stages = []
    async with TelegramServer(TOKEN) as calm, TelegramServer(TOKEN) as stormy:
        for server, storm in ((calm, Storm()), (stormy, in_storm())):
            folder = tmp_path / ("storm" if storm.kills else "calm")
            folder.mkdir()
            sealed = {} if storm.kills else {"KEYS": written("a"), "SAFETY_KEYS": written("s")}
            bot = Copy(folder, TOKEN=TOKEN, BOT_API=server.url, **sealed)
            stages.append(Stage(server, bot, storm, server.person("Ana"), server.person("Ben")))
        stormy.deliver_twice(0.5, seed=1)
        stormy.delay = 0.02
        quiet, loud = stages
        try:
            (calm_first, calm_second), (stormy_first, stormy_second) = await asyncio.gather(play(quiet), play(loud))
        finally:
            await asyncio.gather(*(stage.bot.kill() for stage in stages))
        assert loud.deaths == 4 and not loud.storm.kills and not loud.storm.faults
        assert [fault.happened for fault in stormy.faults] == [1, 1, 1]
        check_order(quiet, loud, calm_first, stormy_first)
        for stage, first, second in ((quiet, calm_first, calm_second), (loud, stormy_first, stormy_second)):
            check_answers(stage, first, second)
            check_store(stage)
            assert "Traceback" not in stage.bot.said and TOKEN not in stage.bot.said
        for words in (DRAFT, KEPT, FELT, HEARD, *THANKS.values()):
            assert readable(quiet.bot, words) == []  # it has keys
        assert readable(loud.bot, FELT) != []
        assert calm.violations == []
        # A tap that came twice is answered twice, and an edit that was on its way at a kill is made again.
        refused = Counter(violation.reason.removeprefix("Bad Request: ") for violation in stormy.violations)
        assert refused.keys() <= {QUERY_TOO_OLD, NOT_MODIFIED}
        assert refused[NOT_MODIFIED] <= loud.deaths
