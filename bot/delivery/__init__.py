"""Delivery: what was written down is sent, and what was promised for later happens. Nothing is decided here."""
