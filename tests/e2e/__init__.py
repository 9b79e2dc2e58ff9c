"""The whole bot as people meet it: real processes, real HTTP, and phones that see what a phone would show."""
