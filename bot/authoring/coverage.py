"""Which paths of a flow the tests have taken: every row of every step, and the step below where there is no table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.engine.events import Trace
from bot.engine.flow import Between, Flow, Is, NoAnswer, Otherwise, Row, Skipped, Visited
from bot.engine.library import Library


@dataclass(frozen=True, slots=True)
class Path:
    """One way out of a step. `line` is that of its row, 0 for the step below."""

    step: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.step}:{self.words}" + (f" (line {self.line})" if self.line else "")


@dataclass(frozen=True, slots=True)
class Covered:
    flow: str
    paths: tuple[Path, ...]
    missed: tuple[Path, ...]

    def __str__(self) -> str:
        taken = len(self.paths) - len(self.missed)
        text = f"{self.flow:<15} paths covered {taken}/{len(self.paths)}"
        return text + (f"  not covered: {'; '.join(map(str, self.missed))}" if self.missed else "")


def paths_of(flow: Flow) -> tuple[Path, ...]:
    """Every way out of every step, in the order of the file."""
    paths: list[Path] = []
    for name in flow.order:
        step = flow.steps[name]
        paths += [Path(name, row.mark.line, _words(row)) for row in step.rows]
        # A table that takes answers takes all of them (checks N04 to N06), so only a step without one falls through.
        if all(isinstance(row.test, NoAnswer) for row in step.rows):
            paths.append(Path(name, 0, f"to {flow.below(name)}"))
    return tuple(paths)


def _words(row: Row) -> str:
    quantity = f"{one.value} " if (one := getattr(row.test, "quantity", None)) is not None else ""
    match row.test:
        case Otherwise():
            return "otherwise"
        case Skipped():
            return f"{quantity}skipped"
        case Visited(times):
            return "second time" if times == 2 else "third time"
        case NoAnswer(after):
            minutes = int(after.total_seconds() // 60)
            return (
                f"no answer after {minutes // 60} hours" if minutes % 60 == 0 else f"no answer after {minutes} minutes"
            )
        case Is(value):
            return f"{quantity}{value}"
        case Between(low, high):
            return f"{quantity}{low}-{high}"
        case _:
            return "condition"


def coverage(library: Library, traces: Iterable[Trace]) -> list[Covered]:
    """For each flow what was taken and what was not, by name."""
    taken = {(one.flow, one.step, one.line) for one in traces}
    covered = []
    for name in sorted(library.current):
        program = library.newest(name)
        if program is not None:
            paths = paths_of(program.flow)
            missed = tuple(path for path in paths if (name, path.step, path.line) not in taken)
            covered.append(Covered(name, paths, missed))
    return covered
