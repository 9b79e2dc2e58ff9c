"""The folder of content, read: cards, references, phrases, help lines, answer words, home and zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.authoring.cards import (
    Button,
    CardFile,
    plain,
    read_card,
    read_home,
    read_phrases,
    read_references,
    read_zones,
    unknown_refs,
)
from bot.authoring.draft import Draft
from bot.authoring.finding import Finding, did_you_mean, error
from bot.authoring.help_lines import read_help
from bot.authoring.nodes import CARD_BYTES, FLOW_BYTES, Fields, read_source
from bot.engine.flow import Mark, Text
from bot.engine.library import HelpPage, Reference
from bot.engine.understand import Tables, compile_tables

LANGUAGE = "en"
"""The language of the flows and of the phrases."""


@dataclass(slots=True)
class Desk:
    """Where files are read: what was found, and the text of each file by its shown path."""

    found: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path, limit: int) -> Fields | None:
        """The nodes of a file, or None and a finding."""
        name = shown_path(path)
        try:
            data = path.read_bytes()
        except OSError:
            hint = "Put it back, or name another folder."
            self.found.append(error("Y19", Mark(name, 1, 1), "This file is missing or cannot be opened.", hint))
            return None
        source = read_source(data, name, limit)
        self.texts[name] = source.text
        self.found += source.findings
        return source.node if isinstance(source.node, Fields) else None


def shown_path(path: Path) -> str:
    """The path as an author sees it: from the folder where the command runs, if it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Content:
    """What the folder holds. `tables` is None where the answer words could not be read."""

    cards: Mapping[str, CardFile]
    references: Mapping[str, Reference]
    phrases: Mapping[str, Text]
    help: Mapping[str, HelpPage]
    tables: Tables | None
    home: Mapping[str, Button]
    zones: Mapping[str, str]


def read_content(folder: Path, desk: Desk) -> Content:
    """All files of the folder; a missing one is a finding."""

    def nodes(name: str, limit: int = FLOW_BYTES) -> Fields:
        return desk.read(folder / name, limit) or Fields((), Mark(name, 1, 1))

    found = desk.found
    cards = _cards(folder, desk)
    references = read_references(nodes("references.yaml"), found)
    for card in cards.values():
        found += unknown_refs(card, references)
    help_lines = desk.read(folder / "help_lines.yaml", FLOW_BYTES)
    return Content(
        cards=cards,
        references=references,
        phrases=read_phrases(nodes(f"phrases/{LANGUAGE}.yaml"), found),
        help={} if help_lines is None else {code: one.page for code, one in read_help(help_lines, found).items()},
        tables=_tables(folder, desk),
        home=read_home(nodes("home.yaml", CARD_BYTES), found),
        zones=read_zones(nodes("zones.yaml", CARD_BYTES), found),
    )


def _cards(folder: Path, desk: Desk) -> dict[str, CardFile]:
    cards: dict[str, CardFile] = {}
    for path in sorted((folder / "cards").glob("*.yaml")):
        node = desk.read(path, CARD_BYTES)
        card = read_card(node, desk.found) if node is not None else None
        if card is None:
            continue
        if card.card.id in cards:
            said = f"The name “{card.card.id}” is also used by {cards[card.card.id].mark.file}."
            desk.found.append(error("P08", card.mark, said, "Give one of the two cards another `id`."))
        cards[card.card.id] = card
    return cards


def _tables(folder: Path, desk: Desk) -> Tables | None:
    path = folder / "answers.yaml"
    node = desk.read(path, FLOW_BYTES)
    words = plain(node) if node is not None else None
    if not isinstance(words, dict):
        return None
    try:
        return compile_tables(words)
    except ValueError as wrong:
        desk.found.append(error("K06", Mark(shown_path(path), 1, 1), str(wrong), "See the top of the file."))
        return None


def check_home(home: Mapping[str, Button], among: Mapping[str, Draft], found: list[Finding]) -> None:
    """Buttons name flows that exist (P04); what stands in for a flow for two is a flow for one (C13)."""
    for button in home.values():
        for word in (button.flow, button.alone):
            if word is not None and word.text not in among:
                said = f"There is no flow “{word.text}” in this pack.{did_you_mean(word.text, among)}"
                found.append(error("P04", word.mark, said))
        alone = button.alone
        if alone is not None and alone.text in among and among[alone.text].roles:
            said = f"“{alone.text}” needs two people, and `alone` is for the one who is left."
            found.append(error("C13", alone.mark, said, "Name a flow without `roles`."))
