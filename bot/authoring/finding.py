"""A finding: what is wrong with a file, where, and what to do about it. An author's mistake is a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from bot.engine.flow import Mark

SHOWN = 20
"""How many findings are shown at once; more than that helps nobody."""
_EXCERPT = 80
_NAME_MOST = 60
_ALLOW = re.compile(r"#\s*allow\s+([A-Z]\d\d)\s*:\s*\S")


class Severity(Enum):
    """`error` cannot be published, `warning` asks “really?”, `advice` is shown after the others."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, one finding. `text` says what is wrong, `hint` what to write instead (may be empty)."""

    code: str
    severity: Severity
    mark: Mark
    text: str
    hint: str = ""


def error(code: str, mark: Mark, text: str, hint: str = "") -> Finding:
    return Finding(code, Severity.ERROR, mark, text, hint)


def warning(code: str, mark: Mark, text: str, hint: str = "") -> Finding:
    return Finding(code, Severity.WARNING, mark, text, hint)


def advice(code: str, mark: Mark, text: str, hint: str = "") -> Finding:
    return Finding(code, Severity.ADVICE, mark, text, hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """“ Did you mean “thank”?” with a blank before it, or nothing when no known word comes near."""
    if len(word) > _NAME_MOST:
        return ""
    close = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f" Did you mean “{close[0]}”?" if close else ""


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words as `a, b, c`; past `most` an ellipsis."""
    every = list(words)
    return ", ".join(every[:most]) + (", …" if len(every) > most else "")


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then warnings, then advice; within these by file and place; each once."""
    rank = list(Severity)
    once = dict.fromkeys(findings)
    return sorted(once, key=lambda f: (rank.index(f.severity), f.mark.file, f.mark.line, f.mark.column, f.code))


def unconfirmed(findings: Iterable[Finding], sources: Mapping[str, str]) -> list[Finding]:
    """Without the warnings and advice that a comment `# allow C07: reason`, on the line or the one above, confirms."""
    lines = {file: text.splitlines() for file, text in sources.items()}

    def confirmed(finding: Finding) -> bool:
        if finding.severity is Severity.ERROR:
            return False
        near = lines.get(finding.mark.file, [])[max(0, finding.mark.line - 2) : finding.mark.line]
        return any(match[1] == finding.code for line in near for match in _ALLOW.finditer(line))

    return [finding for finding in findings if not confirmed(finding)]


def _excerpt(mark: Mark, line: str) -> str:
    """The line and a caret under the culprit, cut to 80 characters around it."""
    line = "".join(letter if letter.isprintable() else "·" for letter in line.replace("\t", " "))
    start = max(0, min(mark.column - 1 - _EXCERPT // 2, len(line) - _EXCERPT))
    piece = line[start : start + _EXCERPT]
    if start:
        piece = "…" + piece[1:]
    if start + _EXCERPT < len(line):
        piece = piece[:-1] + "…"
    at = mark.column - 1 - start
    carets = "^" * max(1, min(mark.width, len(piece) - at))
    number = str(mark.line)
    return f"  {number} | {piece}\n  {' ' * len(number)} | {' ' * at}{carets}"


def shown(finding: Finding, source: str = "") -> str:
    """One finding as it looks in a terminal: place, code and sentence; the line with a caret; the hint."""
    mark = finding.mark
    rows = [f"{mark.file}:{mark.line}:{mark.column}: {finding.severity.value} {finding.code}: {finding.text}"]
    lines = source.splitlines()
    if 0 < mark.line <= len(lines) and lines[mark.line - 1].strip():
        rows.append(_excerpt(mark, lines[mark.line - 1]))
    if finding.hint:
        rows.append(f"  {finding.hint}")
    return "\n".join(rows)


def rendered(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    """A list of findings as text: errors first, at most 20 in full, then how many more there are."""
    every = ordered(findings)
    blocks = [shown(finding, sources.get(finding.mark.file, "")) for finding in every[:SHOWN]]
    if len(every) > SHOWN:
        blocks.append(f"… and {len(every) - SHOWN} more. Mend these first, then check again.")
    return "\n\n".join(blocks)


def counted(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning, 0 advice`."""
    every = list(findings)
    numbers = {severity: sum(f.severity is severity for f in every) for severity in Severity}
    parts = []
    for severity, number in numbers.items():
        plural = "" if number == 1 or severity is Severity.ADVICE else "s"
        parts.append(f"{number} {severity.value}{plural}")
    return ", ".join(parts)
