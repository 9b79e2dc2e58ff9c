"""Therapists' files → programs and findings. Pure: given bytes and text, no network, no clock, nobody's answers."""
