"""What the author meant when YAML gave up: a parser's complaint as one clear finding. Parses nothing itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.authoring.finding import Finding, error
from bot.engine.flow import Mark

_NO_SPACE = re.compile(r"^\s*(?:- )?[a-z_]+(:)[^\s:/]")
_KEY = re.compile(r"^\s*(?:- )?[^\s#:][^#:]*?(:)(?=\s|$)")
_VALUE = re.compile(r"^\s*(?:- )?(?:[^\s#:\"'{\[][^#:]*?:\s+)?(\S)")
_LISTS = re.compile(r"^\s*(?:roles|words|remind|was|refs|exercises)\s*:")

Spot = tuple[int, int]
"""Line and column, both from 0, as the parser counts."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the parser knows: its words, where it stopped, where that thing began, and the last word that it read.

    `quoted` says whether that last word stood in quotes; it began at `began` and ended at `ended`.
    """

    said: str
    context: str
    at: Spot
    opened: Spot
    quoted: bool
    began: Spot
    ended: Spot


def explain(trouble: Trouble, lines: list[str], file: str) -> Finding:
    """The finding for a file that YAML cannot read."""
    at, opened = trouble.at, _mark(file, trouble.opened)
    line = _line(lines, trouble.at)
    begins = _line(lines, trouble.opened)[trouble.opened[1] :]
    context, said = trouble.context, trouble.said
    if "alias" in context or "anchor" in context:
        return link(opened, begins)
    if "tag" in context or "tag" in said:
        return tagged(opened, begins)
    if "quoted scalar" in context and "end of stream" in said:
        return _never_closed(opened)
    if "escape" in said:
        text = "A backslash means something special inside double quotes."
        return error("Y19", _mark(file, at), text, "Write two of them for one, or use single quotes.")
    if "block scalar" in context:
        return _block(opened, begins, _line(lines, trouble.opened)[: trouble.opened[1]])
    if trouble.quoted and at[0] == trouble.ended[0] and not line[trouble.ended[1] : at[1]].strip() and line[at[1] :]:
        return _after_quote(trouble, line, file)
    if "cannot start any token" in said:
        return unquoted(_mark(file, at), line[at[1] :])
    return _shape(trouble, lines, file)


def link(mark: Mark, words: str) -> Finding:
    """Y08: an anchor or an alias, which a text meets by accident."""
    text = f"Text may not begin with {words[:1]} here (YAML would read it as a “link” and lose words)."
    return error("Y08", mark, text, f'Put the text in quotes: "{words.strip()}"')


def tagged(mark: Mark, words: str) -> Finding:
    """Y09: a tag."""
    text = f"Text may not begin with {words[:1]} here (YAML would read it as a type)."
    return error("Y09", mark, text, f'Put the text in quotes: "{words.strip()}"')


def unquoted(mark: Mark, words: str) -> Finding:
    """Y13: a text that begins with a sign which means something to YAML."""
    text = f"Text that begins with {words[:1]} must be in quotes."
    return error("Y13", mark, text, f'Write "{words.strip()}"')


def no_space(mark: Mark, word: str, rest: str) -> Finding:
    """Y11: `say:hello`, at the colon."""
    return error("Y11", mark, f"There is no space after “{word}:”.", f"Write `{word}: {rest.strip()}`.")


def missing_space(text: str) -> tuple[str, str] | None:
    """The word and the rest of a text such as `say:hello there`; None for any other text."""
    found = _NO_SPACE.match(text)
    return (text[: found.start(1)].strip(), text[found.end(1) :]) if found else None


def _mark(file: str, spot: Spot, width: int = 1) -> Mark:
    return Mark(file, spot[0] + 1, spot[1] + 1, max(1, width))


def _line(lines: list[str], spot: Spot) -> str:
    return lines[spot[0]] if spot[0] < len(lines) else ""


def _never_closed(mark: Mark) -> Finding:
    return error("Y17", mark, "A quote that opens here is never closed.", "Add the closing quote.")


def _block(mark: Mark, rest: str, before: str) -> Finding:
    if rest.startswith("|"):
        text = "After | the text begins on the next line."
        return error("Y19", mark, text, "Move these words one line down, and indent them.")
    if before.strip():
        return unquoted(mark, rest)
    hint = "Begin with the name of the answer: `closeness > 7: bright`, or give a range: `8-10: bright`."
    return error("Y16", mark, "A condition may not begin with >.", hint)


def _after_quote(trouble: Trouble, line: str, file: str) -> Finding:
    if trouble.began[0] != trouble.ended[0]:
        return _never_closed(_mark(file, trouble.began))
    end = trouble.ended[1]
    if line[end - 1 : end] == "'" and line[end : end + 1].isalnum():
        text = "An apostrophe inside single quotes ends the text."
        return error(
            "Y14", _mark(file, (trouble.at[0], end - 1)), text, "Use double quotes around a text with an apostrophe."
        )
    return error(
        "Y15",
        _mark(file, trouble.at, len(line[trouble.at[1] :].rstrip())),
        "There are words after the closing quote.",
        "Put the whole text in quotes, or none of it.",
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shape(trouble: Trouble, lines: list[str], file: str) -> Finding:
    """Complaints about the shape of the file: colons, brackets, indentation."""
    at, line = trouble.at, _line(lines, trouble.at)
    if "flow" in trouble.context and _LISTS.match(_line(lines, trouble.opened)):
        text = "A [ that opens here is never closed, or a comma is missing in the list."
        return error("Y19", _mark(file, trouble.opened), text, "Write for example `[speaker, listener]`.")
    for spot in (at, trouble.opened):
        row = _line(lines, spot)
        value = _VALUE.match(row)
        if value and value[1] in "{[" and not _LISTS.match(row) and value.start(1) <= spot[1]:
            return unquoted(_mark(file, (spot[0], value.start(1))), row[value.start(1) :])
    earlier = [number for number in range(trouble.began[0], at[0] + 1) if number < len(lines)]
    for row_number in earlier:
        if found := _NO_SPACE.match(lines[row_number]):
            word, rest = lines[row_number][: found.start(1)].strip(" -"), lines[row_number][found.end(1) :]
            return no_space(_mark(file, (row_number, found.start(1))), word, rest)
    key = _KEY.match(line)
    if "mapping values" in trouble.said and key and key.start(1) < at[1]:
        return error(
            "Y12",
            _mark(file, at),
            "A colon followed by a space, inside a text, ends the text for YAML.",
            "Put the whole text in quotes, or write it under | on the next line.",
        )
    blanks = _indent(line)
    above = [_indent(row) for row in lines[: at[0]] if row.strip() and not row.lstrip().startswith("#")]
    number = "1 blank" if blanks == 1 else f"{blanks} blanks"
    if key and (blanks not in above or (above and blanks > above[-1])):
        return error(
            "Y18",
            _mark(file, (at[0], blanks)),
            "This line does not line up with the lines around it.",
            f"It has {number} at its start. Lines of the same level start in the same column.",
        )
    return error(
        "Y19",
        _mark(file, (at[0], blanks)),
        "The file cannot be read from here on.",
        "Check quotes, colons and indentation near this line.",
    )
