"""Desks from outside: the file that describes them, and the public holidays of their countries."""
