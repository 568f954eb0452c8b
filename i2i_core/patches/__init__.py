"""Guided patch synthesis: a target picture rebuilt out of the patches of one source picture."""
