"""What fits share: the loop, settings, optimisers, moving averages."""
