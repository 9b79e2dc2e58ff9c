"""Units are Telegram's, for every text that there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.units import fitted, sound, utf16

ANY_TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from("a😀👩‍👩‍👧\u202e\u2067\ud83d\x00{}*_`"))


@given(ANY_TEXT)
def test_a_character_beyond_the_first_plane_counts_twice(text: str) -> None:
    assert utf16(text) == sum(2 if ord(sign) > 0xFFFF else 1 for sign in text)


@given(ANY_TEXT)
def test_a_sound_text_can_be_written_and_keeps_every_offset(text: str) -> None:
    whole = sound(text)
    assert "\x00" not in whole.encode().decode()
    assert len(whole) == len(text)
    assert all(new == old or new == "\ufffd" for new, old in zip(whole, text, strict=True))


def test_ordinary_texts_stay_the_same_object() -> None:
    assert sound("Hello") == "Hello"
    assert sound("Grüße 😀") == "Grüße 😀"
    assert sound("a\x00b\ud83dc") == "a\ufffdb\ufffdc"


@given(ANY_TEXT.map(sound), st.integers(1, 40))
def test_a_text_that_is_too_long_is_cut_inside_no_character(text: str, most: int) -> None:
    cut = fitted(text, most)
    assert utf16(cut) <= most
    assert cut == text if utf16(text) <= most else (cut.endswith("…") and text.startswith(cut[:-1]))
    cut.encode()


def test_nothing_more_is_cut_than_needed() -> None:
    assert fitted("abcd", 4) == "abcd"
    assert fitted("abcde", 4) == "abc…"
    assert fitted("ab😀de", 4) == "ab…"
    assert fitted("a😀de", 4) == "a😀…"
