"""Tests of core/labels."""
