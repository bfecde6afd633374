"""Articles in, ranked hits with a confidence out."""
