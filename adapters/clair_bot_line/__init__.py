"""The adapter that speaks LINE."""
