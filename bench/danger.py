"""Time to read one message for danger, as a ratio to a plain loop. Run: `python -m bench.danger`.

Over the sentences of tests/safety/dev.tsv, and over texts of 1,000 letters. CPU time of this process; compare
figures of one run only.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bot.authoring.content import Desk
from bot.authoring.danger import read_rules
from bot.authoring.measure import read_labelled
from bot.engine.danger import Rules, recognise
from bot.settings import shipped

DEV = Path(__file__).parent.parent / "tests" / "safety" / "dev.tsv"
ROUNDS = 5
LONG = 1000


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """Microseconds of CPU a call, the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - start) / times * 1e6)
    return statistics.median(rounds)


def line(name: str, value: float, loop: float) -> None:
    print(f"{name:<58} {value:>10,.1f} µs  {value / loop:>8.1f} loops")


def long_texts() -> dict[str, str]:
    lines = read_labelled(DEV)
    return {
        "1,000 letters of ordinary talk": " ".join(one.text for one in lines if one.category == "couple")[:LONG],
        "1,000 letters of idioms, one after another": " ".join(one.text for one in lines if one.category == "idiom")[
            :LONG
        ],
        "1,000 letters of crisis, one after another": " ".join(one.text for one in lines if one.expected == "crisis")[
            :LONG
        ],
        "1,000 letters of one sentence again and again": ("he hits me not " * LONG)[:LONG],
    }


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    rules: Rules = read_rules(shipped("content") / "safety", Desk())
    loop = cpu(lambda: sum(range(1000)), 2000)
    line("the other: the sum of a thousand numbers in a loop", loop, loop)
    texts = [one.text for one in read_labelled(DEV)]
    for text in texts:
        recognise(text, rules)
    each = sorted(cpu(lambda text=text: recognise(text, rules)) for text in texts)  # type: ignore[misc]
    line("a message of dev.tsv, median", statistics.median(each), loop)
    line("a message of dev.tsv, p99", each[int(len(each) * 0.99)], loop)
    for name, text in long_texts().items():
        recognise(text, rules)
        line(name, cpu(lambda text=text: recognise(text, rules), 5), loop)  # type: ignore[misc]


if __name__ == "__main__":
    main()
