"""Tests of demos/domain_transfer."""
