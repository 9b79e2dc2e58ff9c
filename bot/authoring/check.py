"""The command `check`: files or folders → what an author reads, and whether all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.authoring.content import shown_path
from bot.authoring.finding import Finding, Severity, counted, ordered, rendered
from bot.authoring.library import examine


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in which files (as shown), and the same as text for a terminal. `code` is 1 where there is an
    error, 0 otherwise: warnings ask, they do not stop."""

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    text: str
    code: int


def check(paths: Sequence[Path], content: Path | None = None) -> Report:
    """Checks folders of flows, or single files among their neighbours. `content` is the folder with cards, phrases and
    help lines; without it a folder `content` next to the folder of flows is used, if there is one."""
    findings: list[Finding] = []
    texts: dict[str, str] = {}
    files: list[str] = []
    for folder, only in _folders(paths).items():
        beside = content or folder.resolve().parent / "content"
        neighbours = sorted(set(folder.glob("*.yaml")) | set(only))
        seen = examine(neighbours, beside if content is not None or beside.is_dir() else None)
        chosen = {shown_path(path) for path in only}
        findings += [found for found in seen.findings if not chosen or found.mark.file in chosen]
        texts.update(seen.texts)
        files += sorted(chosen) if only else [shown_path(path) for path in neighbours]
    findings = ordered(findings)
    flows = f"{len(files)} flow{'' if len(files) == 1 else 's'}"
    text = "\n\n".join(part for part in (rendered(findings, texts), f"{flows}: {counted(findings)}.") if part)
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    return Report(tuple(findings), tuple(files), text, int(wrong or not files))


def _folders(paths: Sequence[Path]) -> dict[Path, list[Path]]:
    """The folders to read, each with the files that were named; none named means all of them."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            folders[path] = []
        elif path.parent not in folders or folders[path.parent]:
            folders.setdefault(path.parent, []).append(path)
    return folders
