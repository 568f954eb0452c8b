"""The papers' networks, built whole from integers; one file an architecture."""
