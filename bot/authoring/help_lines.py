"""The help lines of the file: the pages that people see, and for each line when and how it was last checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.nodes import Entry, Fields, Items
from bot.authoring.shapes import by_word, lines, once, spoken
from bot.engine.flow import Mark
from bot.engine.library import HelpLine, HelpPage

NOWHERE = "*"
TOPICS = ("crisis", "violence", "youth", "own_behaviour")
NOBODY = "list"
"""Who checked a line that was taken from a list: nobody called. Else it is the name of the one who did."""
_LINE_WORDS = (
    "topic",
    "name",
    "contact",
    "hours",
    "languages",
    "note",
    "source",
    "checked_on",
    "checked_by",
)
_COUNTRY_WORDS = ("name", "emergency", "checked_on", "checked_by", "lines", "note")


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line, the day on which it was last checked (None where the file says no day) and who did it, or `NOBODY`."""

    line: HelpLine
    checked_on: date | None
    checked_by: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page with what the file knows of its lines. `checked_on` and `checked_by` are those of the emergency number."""

    page: HelpPage
    lines: tuple[ListedLine, ...]
    checked_on: date | None
    checked_by: str


@dataclass(frozen=True, slots=True)
class _Row:
    """The entries of a country or a line, and where findings go."""

    entries: Mapping[str, Entry]
    mark: Mark
    what: str
    found: list[Finding]

    def text(self, word: str) -> str:
        """The text after a word that may be missing."""
        if word not in self.entries:
            return ""
        text = spoken(self.entries[word].value, word, self.found)
        return "" if text is None else text.text.strip()

    def needed(self, word: str) -> str:
        if word not in self.entries:
            self.found.append(error("K07", self.mark, f"{self.what} has no `{word}`.", f"Add a line `{word}: …`."))
        return self.text(word)

    def day(self) -> date | None:
        """`checked_on` as a day; K06 for anything else."""
        said = self.text("checked_on")
        try:
            return date.fromisoformat(said) if said else None
        except ValueError:
            mark = self.entries["checked_on"].value.mark
            self.found.append(error("K06", mark, f"“{said}” is not a day.", "Write it like 2026-08-12."))
            return None

    def topic(self) -> str:
        """`topic`, one of `TOPICS`; K05 for anything else."""
        said = self.needed("topic")
        if said and said not in TOPICS:
            mark = self.entries["topic"].value.mark
            text = f"“{said}” is not a topic.{did_you_mean(said, TOPICS)}"
            self.found.append(error("K05", mark, text, f"Topics: {listed(TOPICS)}."))
        return said


def read_help(node: Fields, found: list[Finding]) -> dict[str, ListedPage]:
    """Help pages by country code, in the order of the file; the page of nowhere in particular has the code `*`."""
    pages: dict[str, ListedPage] = {}
    entries = by_word(node, ("countries", "anywhere"), "the help lines", found)
    for word in ("countries", "anywhere"):
        if word not in entries:
            found.append(error("K07", node.mark, f"The help lines have no `{word}`.", f"Add `{word}:`."))
    countries = lines(entries["countries"].value, "countries", found) if "countries" in entries else None
    places = list(once(countries, found).items()) if countries else []
    if "anywhere" in entries:
        places.append((NOWHERE, entries["anywhere"]))
    for code, entry in places:
        table = lines(entry.value, code, found)
        if table is not None:
            row = _Row(by_word(table, _COUNTRY_WORDS, "a country", found), entry.key.mark, f"“{code}”", found)
            pages[code] = _page(code, row)
    return pages


def _page(code: str, row: _Row) -> ListedPage:
    name = row.text("name") if code == NOWHERE else row.needed("name")
    emergency = row.needed("emergency")
    row.needed("checked_on")
    checked_on, checked_by = row.day(), row.text("checked_by") or NOBODY
    known = tuple(_lines(row, checked_on, checked_by))
    page = HelpPage(code, name, emergency, tuple(one.line for one in known))
    return ListedPage(page, known, checked_on, checked_by)


def _lines(country: _Row, checked_on: date | None, checked_by: str) -> Iterator[ListedLine]:
    """The lines of a country; what a line does not say about its check, its country says."""
    several = country.entries["lines"].value if "lines" in country.entries else None
    if several is not None and not isinstance(several, Items):
        country.found.append(error("K06", several.mark, "`lines` should be a list of “- topic: …”."))
    for item in several.items if isinstance(several, Items) else ():
        table = lines(item, "a help line", country.found)
        if table is None:
            continue
        known = by_word(table, _LINE_WORDS, "a help line", country.found)
        row = _Row(known, item.mark, "This help line", country.found)
        line = HelpLine(
            topic=row.topic(),
            name=row.needed("name"),
            contact=row.needed("contact"),
            hours=row.text("hours") or None,
            languages=row.text("languages") or None,
            note=row.text("note") or None,
        )
        yield ListedLine(line, row.day() or checked_on, row.text("checked_by") or checked_by)
