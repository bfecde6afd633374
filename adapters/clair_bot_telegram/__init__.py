"""The adapter that speaks Telegram."""
