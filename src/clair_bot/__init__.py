"""clair-bot: answers for municipal staff, with sources, on the channels they use."""
