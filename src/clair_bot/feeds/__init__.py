"""Feeds: what offices publish elsewhere, read safely and turned into entries."""
