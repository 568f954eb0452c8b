"""Model files: written and read, found, and brought up to date."""
