"""Bulletins: who gets them, who agrees to them, when they go out, and what became of each."""
