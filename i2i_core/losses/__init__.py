"""Losses: functions of tensors, without weights, each with its paper's equation."""
