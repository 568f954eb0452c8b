"""Fits as page and command line run them: where they start, how they run, what is shown."""
