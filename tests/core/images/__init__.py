"""Tests of core/images."""
