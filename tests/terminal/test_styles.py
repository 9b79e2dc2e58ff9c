"""Each style of a word has a look of its own in the terminal."""

from bot.engine.flow import Style
from bot.terminal.app import STYLES


def test_every_style_is_shown_in_its_own_way() -> None:
    assert set(STYLES) == set(Style)
    assert len(set(STYLES.values())) == len(Style)
