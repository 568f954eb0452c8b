"""Fits for somebody who watches: where they start, how they run, what is shown."""
