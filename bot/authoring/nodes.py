"""YAML → nodes with places. The only importer of `yaml`; no value is ever typed by it.

Order: size, UTF-8, a scan of the lines, then parser events with limits. Nodes are built from the events themselves,
so that nothing ever recurses or composes: 40 KB of `[` ends at the ninth level.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from bot.authoring.diagnose import Trouble, explain, link, tagged
from bot.authoring.finding import Finding, error
from bot.engine.flow import Mark

FLOW_BYTES = 256 * 1024
CARD_BYTES = 64 * 1024
DEPTH = 8
EVENTS = 20_000

# Besides the control characters of ASCII: those that turn the direction of what follows, hide, or break lines
# in a way that no editor shows. Joiners (emoji families, Persian) and the two direction marks are words' own.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word or a text. `braces` are the places (line, column) of each `{`; `cut` is what a # cut off."""

    text: str
    mark: Mark
    style: str = ""
    braces: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Fields:
    """A list of `word: value`. A key written twice is in here twice; `odd` are places of keys that are no words."""

    entries: tuple[Entry, ...]
    mark: Mark
    braced: bool = False
    odd: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list of `- value`; `bracketed` where it is written `[a, b]`."""

    items: tuple[Node, ...]
    mark: Mark
    bracketed: bool = False


Node = Scalar | Fields | Items


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its text, its nodes (None where there is an error) and what was found."""

    file: str
    text: str
    node: Node | None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Open:
    """A list that is still being filled. `keyed` ones alternate key, value."""

    mark: Mark
    keyed: bool
    flow: bool
    nodes: list[Node]


def read_source(data: bytes, file: str, limit: int = FLOW_BYTES) -> Source:
    """The nodes of a file, or the finding (Y01 to Y23) that says why there are none. Never raises."""
    if len(data) > limit:
        text = f"The file is {-(-len(data) // 1024)} KB. A {'flow' if limit == FLOW_BYTES else 'file like this'} may "
        hint = "Split it into parts and join them with `run:`."
        return Source(
            file, "", None, (error("Y01", Mark(file, 1, 1), f"{text}have {limit // 1024} KB at most.", hint),)
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        hint = "Save the file as UTF-8 (in Excel or Word: “Plain text, UTF-8”)."
        trouble = error("Y02", Mark(file, line, 1), "This line has characters in an unknown encoding.", hint)
        return Source(file, "", None, (trouble,))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = next(_scan(text, file), None)
    if found is not None:
        return Source(file, text, None, (found,))
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n")):
        return Source(
            file, text, None, (error("Y20", Mark(file, 1, 1), "The file is empty.", "Start with `flow: a_name`."),)
        )
    try:
        node = _build(text, file)
    except Exception:  # a file may never bring down the program that reads it, whatever the parser does
        node = error("Y19", Mark(file, 1, 1), "The file cannot be read.", "Check quotes, colons and indentation.")
    return Source(file, text, None, (node,)) if isinstance(node, Finding) else Source(file, text, node)


def _scan(text: str, file: str) -> Iterator[Finding]:
    begun = False
    for number, line in enumerate(text.split("\n"), 1):
        lead = line[: len(line) - len(line.lstrip())]
        if "\t" in lead:
            hint = "Use spaces: two for each level. (Most editors: “Convert indentation to spaces”.)"
            yield error("Y03", Mark(file, number, lead.index("\t") + 1), "This line starts with a tab.", hint)
        odd = next(
            (at for at, letter in enumerate(lead) if unicodedata.category(letter) == "Zs" and letter != " "), None
        )
        if odd is not None:
            said = "This line starts with a “no-break space”, often pasted from Word or a web page."
            hint = "Delete the blanks at its start and type normal spaces."
            yield error("Y04", Mark(file, number, odd + 1), said, hint)
        if hidden := _HIDDEN.search(line):
            said = f"There is an invisible control character (U+{ord(hidden[0]):04X}) here."
            yield error("Y05", Mark(file, number, hidden.start() + 1), said, "Delete it.")
        if begun and line.rstrip() in ("---", "..."):
            yield _second(file, number)
        begun = begun or bool(line.strip() and not line.startswith(("#", "---", "%")))


def _second(file: str, line: int) -> Finding:
    return error(
        "Y07", Mark(file, line, 1, 3), "A line with only --- starts a second document. One file holds one flow."
    )


def _build(text: str, file: str) -> Node | Finding:
    """Events → nodes. A parser's complaint is explained in the author's words."""
    lines = text.split("\n")
    last: Scalar | None = None
    ended = (0, 0)
    stack: list[_Open] = []
    root: Node | None = None
    events = 0

    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            events += 1
            start, end = event.start_mark, event.end_mark
            if start is None or end is None:
                continue
            mark = Mark(file, start.line + 1, start.column + 1)
            if events > EVENTS:
                return error("Y06", mark, "The file has too many entries.", "Split it into parts.")
            done: Node | None = None
            match event:
                case yaml.DocumentStartEvent():
                    if root is not None:
                        return _second(file, mark.line)
                case yaml.AliasEvent():
                    return link(mark, _rest(lines, mark))
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    if refused := _decorated(event, mark, lines):
                        return refused
                    if len(stack) >= DEPTH:
                        said = f"This is nested {DEPTH + 1} levels deep. A flow needs at most {DEPTH}."
                        return error("Y10", mark, said, "Check the indentation of the lines above.")
                    stack.append(_Open(mark, isinstance(event, yaml.MappingStartEvent), bool(event.flow_style), []))
                case yaml.ScalarEvent():
                    if refused := _decorated(event, mark, lines):
                        return refused
                    if event.style == ">":
                        hint = "Use | instead: it keeps the lines as you write them."
                        return error("Y23", mark, "Text under > would lose its line breaks.", hint)
                    raw = text[start.index : end.index]
                    done = last = _scalar(event.value, event.style or "", mark, end, raw, lines)
                    ended = (end.line, end.column)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = _close(stack.pop())
                case _:
                    pass
            if done is not None:
                if stack:
                    stack[-1].nodes.append(done)
                else:
                    root = done
    except yaml.MarkedYAMLError as problem:
        where = problem.problem_mark or problem.context_mark
        at = (where.line, where.column) if where else (0, 0)
        opened = problem.context_mark
        trouble = Trouble(
            said=problem.problem or "",
            context=problem.context or "",
            at=at,
            opened=(opened.line, opened.column) if opened else at,
            quoted=last is not None and last.style in ("'", '"'),
            began=(last.mark.line - 1, last.mark.column - 1) if last else (0, 0),
            ended=ended,
        )
        return explain(trouble, lines, file)
    except yaml.YAMLError:
        return error("Y19", Mark(file, 1, 1), "The file cannot be read.", "Check quotes, colons and indentation.")
    if not isinstance(root, Fields):
        mark = root.mark if root else Mark(file, 1, 1)
        return error("Y21", mark, "A flow file is a list of “word: value” lines.", "Start with `flow: a_name`.")
    return root


def _decorated(event: yaml.NodeEvent, mark: Mark, lines: list[str]) -> Finding | None:
    """Anchors and tags: YAML's own machinery, which a text meets by accident."""
    if event.anchor is not None:
        return link(mark, _rest(lines, mark))
    if getattr(event, "tag", None) is not None:
        return tagged(mark, _rest(lines, mark))
    return None


def _rest(lines: list[str], mark: Mark) -> str:
    return lines[mark.line - 1][mark.column - 1 :] if mark.line <= len(lines) else ""


def _scalar(
    words: str, style: str, mark: Mark, end: yaml.error.Mark | yaml._yaml.Mark, raw: str, lines: list[str]
) -> Scalar:
    one_line = end.line + 1 == mark.line
    first = lines[mark.line - 1] if mark.line <= len(lines) else ""
    width = end.column + 1 - mark.column if one_line else len(first.rstrip()) + 1 - mark.column
    braces: list[tuple[int, int]] = []
    if "{" in raw:
        for number, row in enumerate(raw.split("\n")):
            shift = mark.column if number == 0 else 1
            braces += [(mark.line + number, at + shift) for at, letter in enumerate(row) if letter == "{"]
    rest = lines[end.line][end.column :] if not style and words and end.line < len(lines) else ""
    cut = rest.strip() if rest[:1].isspace() and rest.lstrip().startswith("#") else ""
    return Scalar(words, Mark(mark.file, mark.line, mark.column, max(1, width)), style, tuple(braces), cut)


def _close(opened: _Open) -> Fields | Items:
    if not opened.keyed:
        return Items(tuple(opened.nodes), opened.mark, opened.flow)
    entries: list[Entry] = []
    odd: list[Mark] = []
    for key, value in zip(opened.nodes[::2], opened.nodes[1::2], strict=True):
        if isinstance(key, Scalar) and key.text:
            entries.append(Entry(key, value))
        else:
            odd.append(key.mark)
    return Fields(tuple(entries), opened.mark, opened.flow, tuple(odd))
