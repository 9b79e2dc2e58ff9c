"""Folders → a library. One error anywhere and nothing is published; every version is known by its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.authoring.checks import Pack, Sheet, run_checks
from bot.authoring.content import Content, Desk, check_home, read_content, shown_path
from bot.authoring.danger import read_rules
from bot.authoring.draft import Draft
from bot.authoring.finding import Finding, Severity, error, ordered, unconfirmed
from bot.authoring.mentions import remembered_in
from bot.authoring.nodes import FLOW_BYTES, Fields, read_source
from bot.authoring.outline import read_draft
from bot.authoring.read import Reading, read_flow, scope_of
from bot.authoring.versions import structure_of, wording_of
from bot.engine.danger import Rules
from bot.engine.flow import Mark
from bot.engine.library import Library
from bot.engine.machine import Program, compile_flow


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the folders. `library` is None where one finding is an error. `sources` holds the text of each
    flow by (name, structure), to be kept for those inside; `texts` that of each file, for excerpts."""

    library: Library | None
    findings: tuple[Finding, ...]
    sources: Mapping[tuple[str, str], str]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Examined:
    """Files as far as they could be read, and what was found in them. `content` is None where there is no folder."""

    readings: tuple[Reading, ...]
    content: Content | None
    danger: Rules
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]


def load(flows: Path, content: Path) -> Loaded:
    """All of `flows/*.yaml`, with the media beside them, and all of `content`. Never raises for what a file says."""
    seen = examine(sorted(flows.glob("*.yaml")), content)
    read, findings = seen.content, seen.findings
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    if wrong or read is None or read.tables is None:
        return Loaded(None, findings, {}, seen.texts)
    programs = {(program.name, program.structure): program for program in map(_program, seen.readings)}
    library = Library(
        programs=programs,
        current=dict(programs.keys()),
        cards={name: card.card for name, card in read.cards.items()},
        references=read.references,
        phrases=read.phrases,
        help=read.help,
        tables=read.tables,
        home={name: button.place for name, button in read.home.items()},
        zones=read.zones,
        danger=seen.danger,
        remembered=frozenset(pair for reading in seen.readings for pair in remembered_in(reading.flow)),
    )
    sources = {key: seen.texts[program.flow.mark.file] for key, program in programs.items()}
    return Loaded(library, findings, sources, seen.texts)


def examine(files: Sequence[Path], content: Path | None) -> Examined:
    """Reads and checks these flows together, and the folder of content if one is given. Never raises: what nobody
    foresaw is a finding of the file it happened in."""
    desk = Desk()
    read = read_content(content, desk) if content is not None else None
    danger = read_rules(content / "safety", desk) if content is not None else Rules()
    drafts: list[Draft] = []
    for file in files:
        node = desk.read(file, FLOW_BYTES)
        with _unforeseen(shown_path(file), desk.found):
            draft = read_draft(node, desk.found) if node is not None else None
            drafts += [draft] if draft is not None else []
    pack, readings = _pack(files, read), []
    for draft in drafts:
        with _unforeseen(draft.file, desk.found):
            readings.append(read_among(draft, drafts, pack, desk.found))
    if read is not None:
        check_home(read.home, {draft.name: draft for draft in drafts}, desk.found)
    return Examined(tuple(readings), read, danger, tuple(ordered(unconfirmed(desk.found, desk.texts))), desk.texts)


@contextmanager
def _unforeseen(file: str, found: list[Finding]) -> Iterator[None]:
    """A mistake of ours must not keep an author from the other findings."""
    try:
        yield
    except Exception as problem:  # whatever it is, it is about this file
        hint = f"Please send this file to those who keep the bot ({type(problem).__name__})."
        found.append(error("Y19", Mark(file, 1, 1), "The checker lost its way in this file.", hint))


def read_among(draft: Draft, drafts: Sequence[Draft], pack: Pack, found: list[Finding]) -> Reading:
    """Reads the texts and tables of a draft, which may name the others, and checks the flow."""
    among: dict[str, Draft] = {}
    for other in drafts:
        among.setdefault(other.name, other)
    reading = read_flow(draft, scope_of(draft, among), found)
    twins = tuple(other for other in drafts if other.name == draft.name and other is not draft)
    found += run_checks(Sheet(draft, reading.flow, reading.shaky, reading.routed, among, pack, twins))
    return reading


def _pack(files: Sequence[Path], content: Content | None) -> Pack:
    folders = {file.parent / "media" for file in files}
    media = frozenset(path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file())
    if content is None:
        return Pack(media)
    places = [button.place for button in content.home.values()]
    return Pack(
        media=media,
        cards=frozenset(content.cards),
        safety_cards=frozenset(name for name, card in content.cards.items() if card.safety),
        home=frozenset(flow for place in places for flow in (place.flow, place.alone) if flow is not None),
    )


def compile_source(text: str, file: str, among: Library | None = None) -> Program:
    """The program of an old version that was kept. What it says about other flows is not checked again, so `among` may
    be None. Raises ValueError with one sentence where the text is no flow any more."""
    found: list[Finding] = []
    source = read_source(text.encode("utf-8", "surrogatepass"), file)
    found += source.findings
    draft = read_draft(source.node, found) if isinstance(source.node, Fields) else None
    reading = read_flow(draft, scope_of(draft, None), found) if draft is not None else None
    wrong = [finding for finding in found if finding.severity is Severity.ERROR]
    if reading is None or wrong:
        first = wrong[0] if wrong else error("Y19", Mark(file, 1, 1), "The file cannot be read.")
        raise ValueError(f"{file}:{first.mark.line}:{first.mark.column}: {first.code}: {first.text}")
    return _program(reading)


def _program(reading: Reading) -> Program:
    return compile_flow(reading.flow, structure_of(reading.flow), wording_of(reading.flow))
