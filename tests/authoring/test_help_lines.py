"""The file with the help lines: what is read, what is said about wrong entries, and which entries are old."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.authoring.finding import Finding
from bot.authoring.help_lines import ListedPage, read_help
from bot.authoring.names import Scope
from bot.authoring.nodes import Fields, read_source
from bot.authoring.old_lines import aged, read_pages
from bot.authoring.shapes import wordings
from bot.authoring.texts import read_text
from bot.engine.flow import Literal, Style
from bot.engine.library import HelpLine

CONTENT = Path(__file__).parents[2] / "content"
SOUND = """countries:
  "ES":
    name: "Spain"
    emergency: "112"
    checked_on: "2026-08-12"
    checked_by: "list"
    lines:
      - topic: violence
        name: "016"
        contact: "016"
        hours: "24/7"
        languages: "Spanish"
        note: "It is not on the bill."
        checked_on: "2025-11-21"
        checked_by: "Ana"
      - topic: crisis
        name: "Line"
        contact: "024"
anywhere:
  emergency: "112"
  checked_on: "2026-08-12"
  lines: []
"""


def read(text: str) -> tuple[dict[str, ListedPage], list[Finding]]:
    source = read_source(text.encode(), "help_lines.yaml")
    assert isinstance(source.node, Fields), source.findings
    found: list[Finding] = []
    return read_help(source.node, found), found


def test_a_line_is_read_with_all_that_is_shown_of_it() -> None:
    pages, found = read(SOUND)
    assert found == [] and list(pages) == ["ES", "*"]
    first, second = pages["ES"].lines
    assert first.line == HelpLine("violence", "016", "016", "24/7", "Spanish", "It is not on the bill.")
    assert second.line == HelpLine("crisis", "Line", "024", None, None, None)
    assert pages["ES"].page.lines == (first.line, second.line)


def test_a_line_has_the_day_and_the_way_of_its_country_unless_it_says_its_own() -> None:
    first, second = read(SOUND)[0]["ES"].lines
    assert (first.checked_on, first.checked_by) == (date(2025, 11, 21), "Ana")
    assert (second.checked_on, second.checked_by) == (date(2026, 8, 12), "list")


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("topic: crisis", "topic: crises", "K05", "“crises” is not a topic. Did you mean “crisis”?"),
        ("      - topic: crisis\n        name", "      - name", "K07", "This help line has no `topic`."),
        ('checked_by: "Ana"', "checked_by: [Ana, Ben]", "K06", "checked_by should be one text."),
        ('checked_by: "list"', "checked_by:", "K07", "checked_by is empty."),
        ('checked_on: "2025-11-21"', 'checked_on: "21.11.2025"', "K06", "“21.11.2025” is not a day."),
        ('languages: "Spanish"', "languages: [Spanish, English]", "K06", "languages should be one text."),
        ('note: "It is not on the bill."', 'note: ""', "K07", "note is empty."),
        ('note: "It', 'notes: "It', "K05", "“notes” is not a word of a help line. Did you mean “note”?"),
        ('contact: "024"', "contact: #8008", "K07", "contact is empty."),
        ('    emergency: "112"\n', "", "K07", "“ES” has no `emergency`."),
        ("  lines: []", "  lines: none", "K06", "`lines` should be a list of “- topic: …”."),
    ],
)
def test_a_wrong_entry_is_named_with_its_cure(old: str, new: str, code: str, said: str) -> None:
    assert old in SOUND
    _, found = read(SOUND.replace(old, new, 1))
    assert [finding.code for finding in found] == [code]
    assert found[0].text.startswith(said)
    assert found[0].mark.line > 1


def test_an_entry_is_old_after_a_year_and_not_before() -> None:
    pages, _ = read(SOUND)
    assert aged(pages, date(2026, 11, 21)) == []
    (said,) = aged(pages, date(2026, 11, 22))
    assert said.startswith("Spain: “016” (016) was last checked on 2025-11-21,") and "help_lines.yaml" in said


def test_the_emergency_number_and_the_page_of_nowhere_get_old_too() -> None:
    said = aged(read(SOUND)[0], date(2027, 8, 13))
    assert [one.split(" was ")[0] for one in said] == [
        "Spain: the emergency number",
        "Spain: “016” (016)",
        "Spain: “Line” (024)",
        "Anywhere else: the emergency number",
    ]


def test_the_pages_of_this_house_are_read_from_their_folder_and_none_is_old() -> None:
    pages = read_pages(CONTENT)
    assert len(pages) == 34 and {"EU", "*"} <= set(pages)
    assert aged(pages, date(2026, 11, 22)) == []
    assert len(aged(pages, date(2028, 1, 1))) == sum(1 + len(one.lines) for one in pages.values())
    assert read_pages(CONTENT / "nowhere") == {}


def test_every_country_says_who_to_call_and_nobody_pretends_to_have_called() -> None:
    for code, place in read_pages(CONTENT).items():
        assert place.page.emergency and place.lines, code
        assert {place.checked_by, *(one.checked_by for one in place.lines)} == {"list"}, code
        listed = [one.line.topic for one in place.lines]
        assert listed == sorted(listed, key=["crisis", "violence", "youth", "own_behaviour"].index), code
        assert len({(one.line.topic, one.line.contact) for one in place.lines}) == len(place.lines), code


def test_free_is_said_only_where_it_was_seen() -> None:
    said = [
        (code, one.line.name)
        for code, place in read_pages(CONTENT).items()
        for one in place.lines
        if "free" in f"{one.line.contact} {one.line.hours} {one.line.note}".lower()
    ]
    assert said == [("PT", "1411")]


@pytest.mark.parametrize("words", ["`024`", "``024``", "```024```", "<code>024</code>", "*`024`*", "_024_", "|024|"])
def test_no_text_of_an_author_looks_like_a_number_to_copy(words: str) -> None:
    source = read_source(f'a: "{words}"\n'.encode(), "a.yaml")
    assert isinstance(source.node, Fields)
    found: list[Finding] = []
    text = read_text(wordings(source.node.entries[0].value, "a", found), Scope(given=True), found)
    styles = {piece.style for one in text.wordings for piece in one.pieces if isinstance(piece, Literal)}
    assert found == [] and styles and Style.CODE not in styles
