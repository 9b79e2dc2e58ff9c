"""The pure centre: what a conversation does next. No I/O, no async, no clock, no chance."""
