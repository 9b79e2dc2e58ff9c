"""No text that people read says what is not said, and every rule about it catches what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from .never import Allowed, Ban, card_bans, documents, leveled, read_bans, said_in, shown_files
from .shown import ROOT, Shown, bot_texts

BANS, ALLOWED = read_bans()
PATTERNS = [ban for ban in BANS if ban.caught]


def found(text: str, *, shown: bool = True, allowed: tuple[Allowed, ...] = ()) -> list[str]:
    said = said_in(iter([Shown("a.yaml", "key", text)]), BANS, list(allowed), shown=shown)
    return [one.words for one in said if one.allowed is None]


def test_what_the_bot_can_show_says_nothing_of_it() -> None:
    texts = list(shown_files())
    assert len({text.file for text in texts}) > 25 and len(texts) > 800
    assert [str(one) for one in said_in(iter(texts), BANS, ALLOWED, shown=True) if one.allowed is None] == []


def test_what_the_bot_shows_with_its_values_says_nothing_of_it() -> None:
    said = said_in(bot_texts(), BANS, ALLOWED, shown=True)
    assert [str(one) for one in said if one.allowed is None] == []


def test_the_documents_say_nothing_of_it() -> None:
    texts = list(documents())
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/two_phones.svg"} <= {text.file for text in texts}
    assert [str(one) for one in said_in(iter(texts), BANS, ALLOWED, shown=False) if one.allowed is None] == []


@pytest.mark.parametrize("ban", PATTERNS, ids=lambda ban: ban.caught[0])
def test_a_rule_catches_what_it_is_for_and_leaves_the_rest(ban: Ban) -> None:
    assert ban.reason and ban.caught and ban.fine
    assert [words for words in ban.caught if not ban.pattern.search(leveled(words))] == []
    assert [words for words in ban.fine if ban.pattern.search(leveled(words))] == []


def test_every_card_says_what_is_not_said_about_it() -> None:
    cards = len(list((ROOT / "content" / "cards").glob("*.yaml")))
    assert len({ban.reason for ban in card_bans()}) == cards > 10


@pytest.mark.parametrize("ban", list(card_bans()), ids=lambda ban: ban.pattern.pattern)
def test_the_words_of_a_card_are_found_in_any_case(ban: Ban) -> None:
    words = ban.pattern.pattern.removeprefix(r"(?<!\w)").removesuffix(r"(?!\w)").replace(r"\s", " ").replace("\\", "")
    assert found(f"We say: {words.upper()}.", shown=False)


@pytest.mark.parametrize(
    "text",
    [
        "Ninety-three percent of it.",
        "93 per cent of it.",
        "ninety three % of it.",
        "93\u00a0% of it.",
        "**93%** of it.",
    ],
)
def test_a_number_is_found_in_words_and_digits(text: str) -> None:
    assert found(text) == ["93%"]


def test_only_the_words_of_an_exception_are_let_off() -> None:
    one = Allowed("a toxic plant", "a.yaml", "Botany.")
    assert found("It is a toxic plant.", allowed=(one,)) == []
    assert found("A toxic plant, and a toxic partner.", allowed=(one,)) == ["toxic"]
    assert found("It is a toxic plant.", allowed=(Allowed("a toxic plant", "b.yaml", "Botany."),)) == ["toxic"]


def test_every_exception_has_a_reason_and_is_needed() -> None:
    said = [*said_in(shown_files(), BANS, ALLOWED, shown=True), *said_in(documents(), BANS, ALLOWED, shown=False)]
    used = {one.allowed for one in said}
    assert [one for one in ALLOWED if one not in used or not one.reason.strip()] == []


def test_a_planted_line_in_a_document_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# A\n\nAll is well.\n\nA love\nlanguage for two.\n", encoding="utf-8")
    said = list(said_in(documents(tmp_path), BANS, [], shown=False))
    assert [str(one).split("says")[0] for one in said] == ["README.md, line 5 "]
