"""The adapter that speaks the web simulator."""
