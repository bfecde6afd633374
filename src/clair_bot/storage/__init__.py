"""The database, and only here."""
