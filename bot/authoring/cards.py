"""The content files → what the engine looks up: cards, references, phrases, home, zones, answer words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.authoring.finding import Finding, did_you_mean, error
from bot.authoring.names import Scope
from bot.authoring.nodes import Entry, Fields, Items, Node, Scalar
from bot.authoring.shapes import by_word, lines, names, once, one_text, spoken, wordings
from bot.authoring.texts import read_text
from bot.authoring.words import CARD_NAME
from bot.engine.flow import Mark, Text
from bot.engine.library import Card, Place, Reference

CARD_TEXT_MOST = 280
GRADES = ("strong", "moderate", "mixed", "contested", "theory", "practice")
_CARD_WORDS = (
    "id",
    "kind",
    "title",
    "what_happens",
    "what_helps",
    "evidence",
    "caveat",
    "do_not_say",
    "refs",
    "exercises",
    "audience",
    "safety",
    "reviewed",
)
_TEXTS = ("what_happens", "what_helps", "caveat")
_REFERENCE_WORDS = ("cite", "doi", "status", "where", "doi_status", "note")


@dataclass(frozen=True, slots=True)
class CardFile:
    """A card and what only the checks need: its place, the places of its references, and whether it is about safety."""

    card: Card
    mark: Mark
    refs: tuple[Scalar, ...]
    safety: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    """The entries of one mapping of a content file, and where findings go."""

    entries: dict[str, Entry]
    found: list[Finding] = field(default_factory=list)

    def text(self, word: str) -> str:
        """The text after a word that may be missing."""
        if word not in self.entries:
            return ""
        text = spoken(self.entries[word].value, word, self.found)
        return "" if text is None else text.text.strip()

    def needed(self, word: str, mark: Mark, what: str, code: str = "K07", hint: str = "") -> str:
        if word not in self.entries:
            self.found.append(error(code, mark, f"{what} has no `{word}`.", hint or f"Add a line `{word}: …`."))
        return self.text(word)


def _open(node: Fields, known: tuple[str, ...], place: str, found: list[Finding]) -> _Reader:
    return _Reader(by_word(node, known, place, found), found)


def read_card(node: Fields, found: list[Finding]) -> CardFile | None:
    """A card file. M08 for a text above 280 characters, M09 without a grade, M10 without references (a card of
    theory or practice may say `refs: []`)."""
    top = Mark(node.mark.file, 1, 1)
    reader = _open(node, _CARD_WORDS, "a card", found)
    entries = reader.entries
    name = reader.needed("id", top, "The card")
    if name and not CARD_NAME.fullmatch(name):
        hint = "Use small letters, digits and - : `paced-breathing`."
        found.append(error("K11", entries["id"].value.mark, f"“{name}” cannot be a name.", hint))
    title = reader.needed("title", top, "The card")
    texts = {word: reader.needed(word, top, "The card") for word in _TEXTS}
    for word, text in texts.items():
        if len(text) > CARD_TEXT_MOST:
            said = f"The text has {len(text)} characters; a card has {CARD_TEXT_MOST} at most."
            found.append(error("M08", entries[word].value.mark, said, "Shorten it, or make two cards of it."))
    hint = "Use strong, moderate, mixed, contested, theory or practice."
    grade = reader.needed("evidence", top, "The card", "M09", hint)
    if grade and grade not in GRADES:
        said = f"“{grade}” is not a grade of evidence.{did_you_mean(grade, GRADES)}"
        found.append(error("M09", entries["evidence"].value.mark, said, hint))
    refs = names(entries["refs"].value, "refs", found) if "refs" in entries else ()
    # A theory or a practice may have nothing to cite yet, and its grade says so.
    if not refs and grade not in ("theory", "practice"):
        found.append(error("M10", top, "The card has no `refs`.", "Name at least one entry of references.yaml."))
    card = Card(
        id=name,
        title=title,
        what_happens=texts["what_happens"],
        what_helps=texts["what_helps"],
        evidence=grade,
        refs=tuple(ref.text for ref in refs),
    )
    return CardFile(card, node.mark, refs, reader.text("safety") in ("true", "yes")) if name else None


def read_references(node: Fields, found: list[Finding]) -> dict[str, Reference]:
    """The sources by name. Only a DOI that was looked up becomes a link."""
    references: dict[str, Reference] = {}
    for name, entry in once(node, found).items():
        table = lines(entry.value, name, found)
        if table is None:
            continue
        reader = _open(table, _REFERENCE_WORDS, "a reference", found)
        cite = reader.needed("cite", entry.key.mark, f"“{name}”")
        status = reader.needed("status", entry.key.mark, f"“{name}”")
        if status and status not in ("verified", "memory"):
            mark = reader.entries["status"].value.mark
            found.append(error("K06", mark, f"“{status}” is not a status.", "Write `verified` or `memory`."))
        remembered = reader.text("doi_status") == "memory"
        doi = reader.text("doi")
        references[name] = Reference(cite, doi if doi and not remembered else None, status == "verified")
    return references


def read_phrases(node: Fields, found: list[Finding]) -> dict[str, Text]:
    """The bot's own words by dotted name: `gate: {question: …}` is `gate.question`. The engine gives every `{x}`."""
    phrases: dict[str, Text] = {}
    todo: list[tuple[str, Fields]] = [("", node)]
    while todo:
        prefix, table = todo.pop(0)
        for name, entry in once(table, found).items():
            dotted = f"{prefix}{name}"
            inner = entry.value
            if (
                isinstance(inner, Fields)
                and not inner.braced
                and "one_of" not in [one.key.text for one in inner.entries]
            ):
                todo.append((f"{dotted}.", inner))
                continue
            scalars = wordings(inner, dotted, found)
            if dotted in phrases:
                found.append(error("K03", entry.key.mark, f"“{dotted}” is written twice here.", "Keep one."))
            phrases[dotted] = read_text(scalars, Scope(given=True), found)
    return phrases


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the home and the places of the flows that it names."""

    place: Place
    flow: Scalar
    alone: Scalar | None


def read_home(node: Fields, found: list[Finding]) -> dict[str, Button]:
    """The buttons of the home: `pause: {flow: time_out}` or `pause: time_out`, in the order of the file."""
    home: dict[str, Button] = {}
    for name, entry in once(node, found).items():
        value = entry.value
        if isinstance(value, Scalar):
            flow = one_text(value, name, found)
            alone = None
        else:
            table = lines(value, name, found)
            if table is None:
                continue
            entries = by_word(table, ("flow", "alone"), "a button of the home", found)
            if "flow" not in entries:
                found.append(error("K07", entry.key.mark, f"The button “{name}” names no flow.", "Add `flow: …`."))
                continue
            flow = one_text(entries["flow"].value, "flow", found)
            alone = one_text(entries["alone"].value, "alone", found) if "alone" in entries else None
        if flow is not None:
            home[name] = Button(Place(flow.text, alone.text if alone else None), flow, alone)
    return home


def read_zones(node: Fields, found: list[Finding]) -> dict[str, str]:
    """What people call a place → the name of its time zone, in the order in which they are offered."""
    zones: dict[str, str] = {}
    for name, entry in once(node, found).items():
        zone = one_text(entry.value, name, found)
        if zone is None:
            continue
        try:
            ZoneInfo(zone.text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(
                error("T02", zone.mark, f"“{zone.text}” is not a time zone.", "Write for example `Europe/London`.")
            )
        zones[name.lower()] = zone.text
    return zones


def plain(node: Node) -> object:
    """Nodes as lists, mappings and words, for a table that another room reads."""
    match node:
        case Scalar():
            return node.text
        case Items():
            return [plain(item) for item in node.items]
        case Fields():
            return {entry.key.text: plain(entry.value) for entry in node.entries}


def unknown_refs(card: CardFile, references: Mapping[str, Reference]) -> Iterator[Finding]:
    """M10 for each reference of a card that references.yaml does not have."""
    for ref in card.refs:
        if ref.text not in references:
            said = f"There is no reference “{ref.text}”.{did_you_mean(ref.text, references)}"
            yield error("M10", ref.mark, said, "Add it to references.yaml.")
