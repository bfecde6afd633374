"""The simulator: a page that looks like each platform and talks to the same dispatcher through the ``web`` channel."""
