"""The room at the edge, tried against a server of our own that speaks the Bot API."""
