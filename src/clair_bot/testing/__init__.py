"""Public doubles and contracts, for our tests and for those of other adapters."""
