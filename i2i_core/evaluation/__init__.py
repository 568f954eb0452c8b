"""How good a result is, and how good a model."""
