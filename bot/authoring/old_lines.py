"""Help lines that nobody has checked for twelve months: numbers change, so each is named for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from bot.authoring.content import Desk
from bot.authoring.help_lines import NOWHERE, ListedPage, read_help
from bot.authoring.nodes import FLOW_BYTES

FRESH = timedelta(days=365)
"""A line that was checked longer ago than this is old (fact base, E7: twelve months)."""


def read_pages(content: Path) -> Mapping[str, ListedPage]:
    """The help pages of a folder of content, as far as they can be read. What is wrong with the file says `load`."""
    desk = Desk()
    node = desk.read(content / "help_lines.yaml", FLOW_BYTES)
    return {} if node is None else read_help(node, desk.found)


def aged(pages: Mapping[str, ListedPage], today: date) -> list[str]:
    """One sentence for each entry that is older than 365 days on this day, in the order of the file.

    The emergency number of a country is an entry too. An entry without a day is an error of the file, found by `load`.
    """
    said = []
    for code, place in pages.items():
        where = place.page.name or ("Anywhere else" if code == NOWHERE else code)
        entries = [("the emergency number", place.checked_on)]
        entries += [(f"“{one.line.name}” ({one.line.contact})", one.checked_on) for one in place.lines]
        said += [
            f"{where}: {what} was last checked on {day}, more than twelve months ago. "
            "Check it with the service, then change `checked_on` in help_lines.yaml."
            for what, day in entries
            if day is not None and today - day > FRESH
        ]
    return said
