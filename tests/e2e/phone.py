"""What a thumb does that takes more than one step: tap and read the note, read the newest message."""

from __future__ import annotations

from telegram_server import Message, Person, TelegramServer

PATIENCE = 12.0
"""Seconds for a message to come on a busy machine."""


async def toast(server: TelegramServer, person: Person, shown: Message, data: str) -> str:
    """Taps with any data at all under a message, and gives the short note that the phone shows for it."""
    tap = await person.tap_data(shown, data)
    await server.updates.bell.until(lambda: True if server.world.taps[tap].answered else None, PATIENCE)
    return next(event.words for event in reversed(person.log) if event.kind == "notice")


def data_of(message: Message, label: str) -> str:
    """What the button with this label sends back."""
    return next(button.data or "" for row in message.rows for button in row if button.label == label)


def from_bot(person: Person) -> list[Message]:
    """Every message of the bot that this phone shows now, oldest first."""
    return [message for message in person.chat if message.from_bot]
