"""Tests of core/finetuning."""
