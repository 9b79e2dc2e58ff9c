"""Long words, voice notes, photos and stickers: what a phone can send besides taps and short words."""

from __future__ import annotations

import pytest
from phones import ANA, BEN, couple, tap, texts

from bot.authoring.rehearsal import Rehearsal
from bot.engine.events import Attached, Attachment, PersonId, Relay, Words

TOO_LONG = "That is more than 1,000 letters, so I could not keep it. Please send the heart of it in a shorter message."


def talking() -> tuple[Rehearsal, PersonId, PersonId]:
    """A talk that waits for its topic, who is asked, and who waits."""
    bot = couple()
    bot.give(Words(ANA, "/talk_in_turns"))
    asked = next(person for person in (ANA, BEN) if "Name one topic" in bot.phones[person][-1].message.text)
    for person in (ANA, BEN):
        texts(bot, person)
    return bot, asked, BEN if asked == ANA else ANA


def relays(bot: Rehearsal, person: PersonId) -> list[Relay]:
    return [one.message.media for one in bot.phones[person] if isinstance(one.message.media, Relay)]


@pytest.mark.parametrize("words", ["x" * 1001, "😀" * 501, "x" * 100_000, "ש" * 1001])
def test_too_long_comes_back_with_the_reason_and_the_question_stays(words: str) -> None:
    bot, asked, other = talking()
    bot.give(Words(asked, words))
    assert texts(bot, asked) == [TOO_LONG]
    bot.give(Words(asked, "the key"))
    tap(bot, asked, "Send")
    assert any("Today's topic: “the key”" in text for text in texts(bot, other))


@pytest.mark.parametrize("words", ["x" * 1000, "😀" * 500])
def test_a_thousand_units_are_taken_whole(words: str) -> None:
    bot, asked, other = talking()
    bot.give(Words(asked, words))
    tap(bot, asked, "Send")
    assert any(f"“{words}”" in text for text in texts(bot, other))


@pytest.mark.parametrize(
    "words",
    [
        "two\nlines\n\nand more",
        "\u202eturned round\u202c",
        "\u2067turned\u2069 and out \u2069\u2069",
        "a\u0000b",
        "zalgo h̷̛e̵",
        "\ud800 half a pair",
        "“quoted” {name} {{x}} <i>",
    ],
)
def test_any_words_reach_the_other_as_typed(words: str) -> None:
    bot, asked, other = talking()
    bot.give(Words(asked, words))
    tap(bot, asked, "Send")
    bot.restart()
    (text, *_) = [one for one in texts(bot, other) if "Today's topic" in one]
    fenceless = words.strip().replace("\u2068", "").replace("\u2069", "")
    assert f"“{fenceless}”" in text
    assert "speaks first" in text


@pytest.mark.parametrize("words", ["", " ", "\n\n", "\u3164 \u200b"])
def test_nothing_said_sends_nothing(words: str) -> None:
    bot, asked, other = talking()
    bot.give(Words(asked, words))
    assert len(texts(bot, asked)) == 1
    assert texts(bot, other) == []
    assert any(run.step == "topic" for run in bot.world.runs.values())


def test_a_voice_note_is_passed_on_after_send_and_not_before() -> None:
    bot, asked, other = talking()
    bot.give(Attachment(asked, Attached.VOICE, "note-1"))
    (preview,) = texts(bot, asked)
    assert "(a voice message)" in preview
    assert texts(bot, other) == [] and relays(bot, other) == []
    bot.restart()
    tap(bot, asked, "Send")
    assert "(a voice message)" in texts(bot, other)[0]
    assert Relay(Attached.VOICE, "note-1") in relays(bot, other)


def test_a_voice_note_kept_to_oneself_is_never_passed_on() -> None:
    bot, asked, other = talking()
    bot.give(Attachment(asked, Attached.VOICE, "note-1"))
    tap(bot, asked, "Keep to myself")
    assert relays(bot, other) == []
    assert any("Not now is a good answer too." in text for text in texts(bot, other))


@pytest.mark.parametrize("what", [Attached.PHOTO, Attached.OTHER])
def test_a_photo_or_sticker_where_words_are_expected_gets_a_friendly_sentence(what: Attached) -> None:
    bot, asked, other = talking()
    before = bot.world.runs
    bot.give(Attachment(asked, what, "file"))
    assert texts(bot, asked) == ["Thank you. Here I can only use words or the buttons."]
    assert texts(bot, other) == []
    assert bot.world.runs == before


@pytest.mark.parametrize("what", list(Attached))
def test_nothing_but_words_fits_a_question_with_buttons(what: Attached) -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    texts(bot, ANA)
    bot.give(Attachment(ANA, what, "file"))
    assert texts(bot, ANA) == ["Thank you. Here I can only use words or the buttons."]
    tap(bot, ANA, "Twenty minutes")
    assert any("Ana called a break" in text for text in texts(bot, BEN))


def test_a_voice_note_of_the_listener_is_not_passed_on() -> None:
    bot, asked, other = talking()
    bot.give(Attachment(other, Attached.VOICE, "note-1"))
    assert len(texts(bot, other)) == 1
    assert texts(bot, asked) == [] and relays(bot, asked) == []


def test_words_after_a_voice_note_take_its_place() -> None:
    bot, asked, other = talking()
    bot.give(Attachment(asked, Attached.VOICE, "note-1"))
    bot.give(Words(asked, "the key"))
    tap(bot, asked, "Send")
    assert relays(bot, other) == []
    assert "“the key”" in texts(bot, other)[0]
