"""Tests of demos/image_analogy."""
