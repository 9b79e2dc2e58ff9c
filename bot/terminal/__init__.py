"""The terminal: two phones, a clock and a keyboard around the real bot. Knows nothing of Telegram."""

from bot.terminal.command import try_flow

__all__ = ["try_flow"]
