"""Tests of core/networks."""
