"""The measurements, each one command. Medians and ratios; no figure without the command that printed it."""
