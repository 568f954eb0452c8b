"""Drawings such as a child makes: eyes are found where they are, and little else is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from weights.simple_drawings import find_eyes, simple_drawing

EYES = ((86, 122), (170, 130))


def face() -> Image.Image:
    """Two dark discs with light rings, a little aslant, on fur with shoulders below."""
    random = np.random.default_rng(0)
    fur = random.normal(150, 6, (256, 256, 1)) + np.array((20, 0, -20))
    photo = Image.fromarray(fur.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(photo)
    for x, y in EYES:
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=(210, 200, 90))
        pen.ellipse((x - 6, y - 6, x + 6, y + 6), fill=(10, 10, 10))
    pen.rectangle((20, 235, 240, 256), fill=(30, 30, 90))
    return photo


def test_eyes_are_found_within_a_few_pixels() -> None:
    for (x, y), (true_x, true_y) in zip(find_eyes(face()), EYES, strict=True):
        assert np.hypot(x - true_x, y - true_y) < 4


def test_a_picture_without_round_things_has_eyes_where_most_have() -> None:
    (left, height), (right, _) = find_eyes(Image.new("RGB", (256, 256), "grey"))
    assert 60 < left < 120 < right < 200
    assert 100 < height < 150


@pytest.mark.parametrize("seed", range(4))
def test_there_are_eyes_and_no_shoulders(seed: int) -> None:
    drawing = np.asarray(simple_drawing(face(), np.random.default_rng(seed)).convert("L"))
    assert drawing.shape == (256, 256)
    ink = drawing < 128
    assert 0.001 < ink.mean() < 0.15
    assert not ink[244:].any()
    near = np.zeros_like(ink)
    for x, y in EYES:
        near[y - 30 : y + 30, x - 30 : x + 30] = True
    assert ink[near].sum() > 40


def test_the_same_random_numbers_draw_the_same() -> None:
    one, other = (simple_drawing(face(), np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(np.asarray(one), np.asarray(other))
