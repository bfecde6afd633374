"""Use cases: what happens when something arrives or is due."""
