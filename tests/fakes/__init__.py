"""Methods that are there for tests only."""
