"""The starter pictures of the studio, all drawn by our own scripts."""
