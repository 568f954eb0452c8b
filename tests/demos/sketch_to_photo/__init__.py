"""Tests of demos/sketch_to_photo."""
