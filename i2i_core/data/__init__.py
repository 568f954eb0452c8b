"""Pictures to learn from: folders, pairs, batches of crops."""
