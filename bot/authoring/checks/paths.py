"""Checks of paths: every step can be reached, left, and does not run round without waiting for anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.checks.tables import closed
from bot.authoring.draft import Draft
from bot.authoring.finding import SHOWN, Severity, did_you_mean
from bot.engine.flow import END, Ask, Call, Part, Say, Step, Visited, Wait

_QUICK_PARTS = (Part.HELP_LINES, Part.DRAW_FIRST, Part.OVERLAP)
"""Parts of the bot that wait for nobody."""


def targets(sheet: Sheet, name: str) -> list[str]:
    """Where a step can go: the targets of its rows, and the step below unless its table always fits."""
    step = sheet.flow.steps[name]
    ways = [row.target for row in step.rows]
    return ways if step.rows and closed(step) else [*ways, sheet.flow.below(name)]


def _graph(sheet: Sheet) -> dict[str, list[str]] | None:
    """All ways between steps; None while a table or a target is in doubt, so that one mistake is said once."""
    if not sheet.routed or END in sheet.flow.steps or next(iter(unknown_target(sheet)), None) is not None:
        return None
    return {name: targets(sheet, name) for name in sheet.flow.order}


def _reached(graph: Mapping[str, Sequence[str]], first: str) -> set[str]:
    seen, todo = {first}, [first]
    while todo:
        for way in graph.get(todo.pop(), ()):
            if way not in seen:
                seen.add(way)
                todo.append(way)
    return seen


@check("S06")
def unknown_target(sheet: Sheet) -> Iterator[Said]:
    """A row leads to a step that is not there."""
    rows = (row for name in sheet.flow.order for row in sheet.flow.steps[name].rows)
    unknown = (row for row in rows if row.target != END and row.target not in sheet.flow.steps)
    for number, row in enumerate(unknown):
        # Looking for the nearest name costs; nobody sees more than the first findings of a hostile file.
        meant = did_you_mean(row.target, [*sheet.flow.order, END]) if number < SHOWN else ""
        yield row.target_mark, f"There is no step “{row.target}”.{meant}", ""


@check("S07", Severity.WARNING)
def unreachable(sheet: Sheet) -> Iterator[Said]:
    """A step that no path leads to."""
    graph = _graph(sheet)
    if graph is None:
        return
    seen = _reached(graph, sheet.flow.first)
    for name in sheet.flow.order:
        if name not in seen:
            yield sheet.flow.steps[name].mark, f"No path leads to “{name}”.", "Delete it, or point a `next` to it."


@check("S08")
def endless(sheet: Sheet) -> Iterator[Said]:
    """A circle without a way out; said once, at its first step."""
    graph = _graph(sheet)
    if graph is None:
        return
    back: dict[str, list[str]] = {}
    for name, ways in graph.items():
        for way in ways:
            back.setdefault(way, []).append(name)
    leaving = _reached(back, END)
    for name in sheet.flow.order:
        if name not in leaving and name in _reached(graph, sheet.flow.first):
            hint = "Give one of the steps of this circle a `next` that leaves it."
            yield sheet.flow.steps[name].mark, f"From “{name}” there is no way to the end.", hint
            return


@check("S09")
def restless(sheet: Sheet) -> Iterator[Said]:
    """A circle that would spin: nobody is asked in it and nothing waits. A row that counts visits ends it."""
    graph = _graph(sheet)
    if graph is None:
        return
    quick = {name for name in sheet.flow.order if name not in sheet.shaky and _quick(sheet, sheet.flow.steps[name])}
    ways = {name: [way for way in graph[name] if way in quick] for name in sheet.flow.order if name in quick}
    for name in sheet.flow.order:
        if any(name in _reached(ways, way) for way in ways.get(name, ())):
            said = f"“{name}” would repeat for ever without waiting for anybody."
            yield sheet.flow.steps[name].mark, said, "Add a question or a `wait` to the circle."
            return


def _quick(sheet: Sheet, step: Step) -> bool:
    """Whether the engine passes this step without stopping, however often it comes by."""
    if any(isinstance(row.test, Visited) for row in step.rows):
        return False
    match step.action:
        case Say():
            return True
        case Ask() | Wait():
            return False
        case Call(target):
            if isinstance(target, Part):
                return target in _QUICK_PARTS
            return not _waits(sheet.among, target, set())


def _waits(among: Mapping[str, Draft], name: str, seen: set[str]) -> bool:
    """Whether a flow asks or waits anywhere, in the flows it runs too. One that is not known is taken to."""
    if name in seen:
        return False
    seen.add(name)
    draft = among.get(name)
    if draft is None:
        return True
    for step in draft.steps.values():
        if step.verb in ("ask", "wait", None):
            return True
        calls = step.calls
        if isinstance(calls, Part) and calls not in _QUICK_PARTS:
            return True
        if isinstance(calls, str) and _waits(among, calls, seen):
            return True
    return False
