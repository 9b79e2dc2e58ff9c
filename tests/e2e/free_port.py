"""A port that nobody listens on."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Its number on this machine. Somebody else may take it before it is used; the system gives such ports in turn."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port
