"""The real bot on a virtual clock: both phones, timers in order, a restart, and a record that plays again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.authoring.transcript import play, read_transcript
from bot.engine.events import Attached, Chart
from bot.terminal import phone as chat
from bot.terminal.direction import Director, Order, Save, read_direction, timer

from .scene import ANA, BEN, Begin, tap, texts


async def played_again(director: Director, file: Path) -> list[str]:
    """Saves the talk and plays it with the engine alone; what went wrong."""
    said = (await director.perform(ANA, Save(file))).said
    assert said == f"This talk is now a test in {file}."
    return failures_of(director, file)


def failures_of(director: Director, file: Path) -> list[str]:
    transcript, found = read_transcript(file.read_bytes(), file.name)
    assert not found
    assert transcript is not None
    return [str(failure) for failure in play(director.stage.library, transcript).failures]


async def test_a_time_out_on_two_phones_with_a_restart_in_the_middle(time_out: Director, tmp_path: Path) -> None:
    stage = time_out.stage
    assert texts(stage, ANA)[0] == "/time_out"
    assert texts(stage, BEN) == []

    await tap(stage, ANA, "Twenty minutes")
    assert "comes back in 20 minutes (20:20)" in texts(stage, BEN)[-1]
    assert await timer(stage, time_out.words) == "The next timer is in 20 minutes (20:20)."

    await stage.pass_time(timedelta(minutes=19))
    before = texts(stage, BEN)
    await time_out.perform(ANA, Order.RESTART)
    assert texts(stage, BEN) == before

    await stage.pass_time(timedelta(minutes=1))
    assert texts(stage, BEN)[-1].endswith("The break is over, Ben. How is it now?\n\nAna will see this.")
    await tap(stage, ANA, "Calm enough to talk")
    await tap(stage, BEN, "Not yet")
    await time_out.perform(ANA, Order.NEXT)
    assert f"{stage.now.astimezone(stage.zone):%H:%M}" == "20:40"
    await stage.say(ANA, "calm enough to talk")
    await tap(stage, BEN, "Calm enough to talk")
    assert "about herself and one wish" in texts(stage, BEN)[-1]

    assert await played_again(time_out, tmp_path / "kept.yaml") == []
    assert {"restart: bot", "silence: both", "at: end"} <= {
        line.strip("- ") for line in (tmp_path / "kept.yaml").read_text().splitlines()
    }


async def test_a_question_is_edited_in_place_once_it_is_answered(time_out: Director) -> None:
    stage = time_out.stage

    await tap(stage, ANA, "One hour")

    question = stage.phones[ANA].bubbles[1]
    assert question.text.endswith("✓ One hour")
    assert question.buttons == ()


async def test_an_old_tap_flashes_a_line_that_the_next_thing_takes_away(time_out: Director, tmp_path: Path) -> None:
    stage = time_out.stage
    old = chat.called(stage.phones[ANA], "One hour")
    assert old is not None
    await stage.tap(ANA, old)

    news = await stage.tap(ANA, old)
    assert news == []
    assert stage.phones[ANA].toast == "That question is closed."

    await stage.say(BEN, "/why")
    assert stage.phones[ANA].toast == ""


async def test_everything_due_while_the_bot_was_off_comes_late(time_out: Director, tmp_path: Path) -> None:
    stage = time_out.stage
    await tap(stage, ANA, "Twenty minutes")

    await time_out.perform(ANA, read_direction(":sleep 3 hours", time_out.words))

    assert texts(stage, BEN)[-1].startswith("I was not there at the time I promised")
    assert await played_again(time_out, tmp_path / "late.yaml") == []


async def test_somebody_who_leaves_ends_it_for_the_other(time_out: Director, tmp_path: Path) -> None:
    stage = time_out.stage
    await tap(stage, ANA, "Twenty minutes")

    before = texts(stage, ANA)
    await time_out.perform(BEN, Order.LEAVE)
    assert texts(stage, ANA) == before
    await stage.pass_time(timedelta(minutes=8))

    assert any("We stop here" in text for text in texts(stage, ANA)[len(before) :])
    assert ("leaves", "Ben") in stage.lines
    assert await played_again(time_out, tmp_path / "left.yaml") == []


async def test_the_gate_is_asked_and_private_words_stay_on_one_phone(begin: Begin, tmp_path: Path) -> None:
    director = begin("talk_in_turns")
    stage = director.stage
    await stage.open()
    await stage.say(ANA, "/talk_in_turns")
    assert chat.called(stage.phones[BEN], "Not now") is not None
    for person in (ANA, BEN):
        for label in ("Yes", "2", "Yes, all of it"):
            await tap(stage, person, label)
    asked = ANA if chat.called(stage.phones[ANA], "I said it aloud") is not None else BEN

    await stage.say(asked, "the sock drawer")
    other = BEN if asked == ANA else ANA
    assert not any("sock" in text for text in texts(stage, other))
    await tap(stage, asked, "Send")
    assert any("sock" in text for text in texts(stage, other))

    assert await played_again(director, tmp_path / "turns.yaml") == []
    await stage.close()


async def test_numbers_are_kept_for_the_chart_day_by_day(begin: Begin) -> None:
    stage = begin("check_in").stage
    await stage.open()
    for day in range(2):
        await stage.say(ANA, "/check_in")
        await tap(stage, ANA, str(8 + day))
        await tap(stage, ANA, "Skip")
        await tap(stage, ANA, "My chart")
        await stage.pass_time(timedelta(days=1))

    charts = [bubble for bubble in stage.phones[ANA].bubbles if isinstance(bubble.media, Chart)]
    assert [[value for _, value in bubble.points] for bubble in charts] == [[8], [8, 9]]
    assert list(stage.phones) == [ANA]
    await stage.close()


async def test_a_voice_message_reaches_the_preview(begin: Begin, tmp_path: Path) -> None:
    director = begin("talk_in_turns")
    stage = director.stage
    await stage.open()
    await stage.say(ANA, "/talk_in_turns")
    for person in (ANA, BEN):
        for label in ("Yes", "2", "Yes, all of it"):
            await tap(stage, person, label)
    asked = ANA if chat.called(stage.phones[ANA], "I said it aloud") is not None else BEN

    await stage.attach(asked, Attached.VOICE)

    assert "(a voice message)" in texts(stage, asked)[-1]
    said = (await director.perform(ANA, Save(tmp_path / "voice.yaml"))).said
    assert "does not pass" in said
    await stage.close()


@pytest.mark.parametrize("line", [":pass", ":pass soon", ":sleep 3", ":save", ":pas 20 minutes", ":"])
async def test_a_direction_that_is_not_clear_says_what_to_write(time_out: Director, line: str) -> None:
    done = await time_out.perform(ANA, read_direction(line, time_out.words))

    assert done.news == []
    assert "“:" in done.said


async def test_saving_never_writes_over_a_file_that_was_there(time_out: Director, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs.yaml", tmp_path / "ours.yaml"
    theirs.write_text("dear to somebody")

    refused = await time_out.perform(ANA, Save(theirs))
    nowhere = await time_out.perform(ANA, Save(tmp_path / "none" / "x.yaml"))
    await time_out.perform(ANA, Save(ours))
    await time_out.perform(ANA, Save(ours))

    assert "already" in refused.said
    assert "cannot be written" in nowhere.said
    assert theirs.read_text() == "dear to somebody"
    assert ours.read_text().startswith("test: ours\n")


async def test_without_a_timer_there_is_nothing_to_jump_to(begin: Begin) -> None:
    director = begin("calm_me")
    await director.stage.open()

    done = await director.perform(ANA, Order.NEXT)

    assert done.said == director.words["wrong.timer"]
    assert await timer(director.stage, director.words) == director.words["quiet"]
    await director.stage.close()
