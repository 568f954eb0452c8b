"""Tests of core/patches."""
