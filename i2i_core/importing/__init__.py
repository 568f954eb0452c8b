"""Other people's published checkpoints, read as models of ours."""
