"""The mail channel: sends, and hears nothing."""
