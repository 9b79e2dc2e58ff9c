"""The server in its own process: prints its address, then serves until it is told to end.

python -m tests.telegram_server [--port 0] [--host 127.0.0.1] [--token 4242:letters] [--username twofold_test_bot]
"""

from __future__ import annotations

import argparse
import asyncio
import signal

from .server import TelegramServer


async def serve(host: str, port: int, token: str, username: str) -> None:
    """Serves until SIGINT or SIGTERM."""
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    async with TelegramServer(token, username=username, host=host, port=port) as server:
        print(server.url, flush=True)
        await end.wait()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.telegram_server", description="A local Telegram for tests.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token", default="4242:telegram-server-of-the-tests")
    parser.add_argument("--username", default="twofold_test_bot")
    asked = parser.parse_args()
    asyncio.run(serve(asked.host, asked.port, asked.token, asked.username))


if __name__ == "__main__":
    main()
