"""Tests of demos/texture_swap."""
