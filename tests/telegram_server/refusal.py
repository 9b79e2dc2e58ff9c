"""How Telegram says no: one exception, and the sentences it says it in.

The sentences are Telegram's own, read in the public sources of telegram-bot-api (Client.cpp) and TDLib. Where this
server is stricter than Telegram (unknown parameters, a second action on a button, a parse mode) the sentence is ours,
and a comment beside it says so.
"""

from __future__ import annotations

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
POLL_WHILE_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
POLL_TWICE = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
POLL_ENDED_BY_WEBHOOK = "Conflict: terminated by setWebhook request"


class Refusal(Exception):
    """Telegram's answer to a request that it does not carry out.

    `deliberate` says that the test made it happen (a block, an injected failure), so the product is not to blame.
    `retry_after` is in seconds and goes out in `parameters`.
    """

    def __init__(
        self, code: int, description: str, *, deliberate: bool = False, retry_after: int | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.deliberate = deliberate
        self.retry_after = retry_after


def bad_request(words: str) -> Refusal:
    """A 400. Like telegram-bot-api, the first letter becomes small unless the second one is a capital or `_`."""
    if len(words) >= 2 and (words[1] == "_" or words[1].isupper()):
        return Refusal(400, f"Bad Request: {words}")
    return Refusal(400, f"Bad Request: {words[:1].lower()}{words[1:]}")


def forbidden(words: str, *, deliberate: bool = False) -> Refusal:
    """A 403."""
    return Refusal(403, f"Forbidden: {words}", deliberate=deliberate)


def conflict(sentence: str) -> Refusal:
    """A 409."""
    return Refusal(409, sentence)


def too_many(retry_after: int) -> Refusal:
    """A 429 that asks for a wait of `retry_after` seconds."""
    sentence = f"Too Many Requests: retry after {retry_after}"
    return Refusal(429, sentence, deliberate=True, retry_after=retry_after)


def envelope(refusal: Refusal) -> dict[str, object]:
    """The JSON body that Telegram sends with a refusal."""
    body: dict[str, object] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return body
