"""The adapter that speaks Slack."""
