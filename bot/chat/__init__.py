"""The only place that knows Telegram: updates become inputs, letters become calls. Nothing is decided here."""
