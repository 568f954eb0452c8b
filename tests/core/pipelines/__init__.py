"""Tests of core/pipelines."""
