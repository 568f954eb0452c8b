"""Side-by-side measurements: each module runs as a command and prints tables."""
