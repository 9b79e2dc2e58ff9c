"""Checks between flows: names that do not exist, flows that nobody starts, circles, phrases taken twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import Draft
from bot.authoring.finding import did_you_mean
from bot.engine.flow import Kind, Part


@check("P01")
def unstartable(sheet: Sheet) -> Iterator[Said]:
    """No title, no phrase, no button, and no other flow runs it or lands in it."""
    draft = sheet.draft
    named = {one.alone for one in sheet.among.values()} | set(sheet.pack.home)
    run = {step.calls for one in sheet.among.values() for step in one.steps.values() if one.name != draft.name}
    if draft.title is None and "title" not in draft.words and not draft.phrases and draft.name not in named | run:
        said = "Nobody can start this flow: it has no `title`, and no other flow runs it."
        yield draft.mark, said, "Give it a title, or run it from another flow."


@check("P02")
def runs_itself(sheet: Sheet) -> Iterator[Said]:
    """A flow that names itself under `run`."""
    for draft, _ in sheet.steps():
        if draft.calls == sheet.draft.name:
            yield draft.value("run"), "A flow cannot run itself.", "Point a `next` back to the step instead."


@check("P04")
def unknown_flow(sheet: Sheet) -> Iterator[Said]:
    """`run` or `alone` names a flow that is not there."""
    for draft, _ in sheet.steps():
        if isinstance(draft.calls, str) and draft.calls not in sheet.among:
            meant = did_you_mean(draft.calls, sheet.among)
            yield draft.value("run"), f"There is no flow “{draft.calls}” in this pack.{meant}", ""
    alone = sheet.draft.alone
    if alone is not None and alone not in sheet.among:
        yield (
            sheet.draft.value("alone"),
            f"There is no flow “{alone}” in this pack.{did_you_mean(alone, sheet.among)}",
            "",
        )


@check("C13")
def alone_for_two(sheet: Sheet) -> Iterator[Said]:
    """`alone` is for the one who is left."""
    alone = sheet.among.get(sheet.draft.alone or "")
    if alone is not None and alone.roles:
        said = f"“{alone.name}” needs two people, and `alone` is for the one who is left."
        yield sheet.draft.value("alone"), said, "Name a flow without `roles`."


@check("P05")
def runs_conflict(sheet: Sheet) -> Iterator[Said]:
    """A flow that runs a conflict flow is one too, so that its gate comes first."""
    own = sheet.draft.gate
    if not sheet.draft.roles or own is Kind.CONFLICT:
        return
    for draft, _ in sheet.steps():
        called = sheet.among.get(draft.calls) if isinstance(draft.calls, str) else None
        if called is not None and called.roles and called.gate is Kind.CONFLICT:
            said = f"“{called.name}” is a conflict flow, so this flow is one too."
            add = "Write" if "kind" in sheet.draft.words else "Add"
            yield draft.value("run"), said, f"{add} `kind: conflict` at the top."


@check("P06")
def one_runs_two(sheet: Sheet) -> Iterator[Said]:
    """A flow for one cannot run what needs two people."""
    if sheet.draft.roles:
        return
    for draft, _ in sheet.steps():
        called = sheet.among.get(draft.calls) if isinstance(draft.calls, str) else None
        two = draft.calls in (Part.DRAW_FIRST, Part.UPSET, Part.OVERLAP) or (called is not None and bool(called.roles))
        if two:
            name = draft.calls.value if isinstance(draft.calls, Part) else draft.calls
            hint = "Add `roles: [first, second]` at the top, or run a flow for one."
            yield draft.value("run"), f"“{name}” needs two people, and this flow has one.", hint


@check("P07")
def circle(sheet: Sheet) -> Iterator[Said]:
    """Flows that run each other; said once, in the first of them by name."""
    way = _way_back(sheet.among, sheet.draft.name)
    if way is None or min(way) != sheet.draft.name:
        return
    for draft, _ in sheet.steps():
        if draft.calls == way[1]:
            shown = " → ".join([*way, way[0]])
            yield draft.value("run"), f"These flows run each other in a circle: {shown}.", "Take one `run` out."
            return


def _way_back(among: Mapping[str, Draft], start: str) -> list[str] | None:
    """The shortest way of runs from a flow back to itself, through at least one other."""
    todo, seen = [[start]], {start}
    while todo:
        way = todo.pop(0)
        draft = among.get(way[-1])
        for step in draft.steps.values() if draft else ():
            calls = step.calls
            if not isinstance(calls, str):
                continue
            if calls == start and len(way) > 1:
                return way
            if calls not in seen:
                seen.add(calls)
                todo.append([*way, calls])
    return None


@check("P08")
def same_name(sheet: Sheet) -> Iterator[Said]:
    """Two files with one name; said in the later file."""
    earlier = [twin for twin in sheet.twins if twin.file < sheet.draft.file]
    if earlier:
        said = f"The name “{sheet.draft.name}” is also used by {earlier[0].file}."
        yield sheet.draft.mark, said, "Give one of the two another name."


@check("K16")
def same_phrase(sheet: Sheet) -> Iterator[Said]:
    """A starting phrase that starts another flow already; said in the later file."""
    taken = {
        _folded(phrase.text): other.name
        for other in sorted(sheet.among.values(), key=lambda one: one.file, reverse=True)
        if other.file < sheet.draft.file
        for phrase in other.phrases
    }
    for phrase in sheet.draft.phrases:
        if _folded(phrase.text) in taken:
            said = f"“{phrase.text}” already starts the flow “{taken[_folded(phrase.text)]}”."
            yield phrase.mark, said, "Choose other words."


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())
