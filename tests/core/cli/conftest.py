"""Folders that commands run in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers import A, B

RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(left: tuple[int, ...], right: tuple[int, ...], grain: int = 0) -> Image.Image:
    """64 × 32 pixels: one colour left of the middle, another right of it."""
    pixels = np.full((32, 64, 3), right)
    pixels[:, :32] = left
    noise = np.random.default_rng(0).integers(-grain, grain + 1, (32, 64, 1))
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with two pictures, two label maps, a mask, scribbles, and bad files."""
    monkeypatch.chdir(tmp_path)
    halves((60, 60, 60), (200, 200, 200), 20).save("a.png")
    halves((200, 170, 90), (40, 90, 150), 20).save("b.png")
    halves(RED, BLUE).save("labels.png")
    halves(BLUE, RED).save("wanted.png")
    mask = Image.new("L", (64, 32))
    mask.paste(255, (10, 12, 18, 20))
    mask.save("mask.png")
    mask.resize((32, 64)).save("tall_mask.png")
    strokes = Image.new("RGBA", (64, 32))
    strokes.paste((255, 0, 200, 255), (10, 10, 16, 22))
    strokes.paste((0, 220, 220, 255), (46, 10, 52, 22))
    strokes.save("strokes.png")
    Path("text.png").write_text("Not a picture, but a sentence.")
    Path("empty.png").touch()
    Path("folder.png").mkdir()
    Image.new("RGB", (1, 1)).save("speck.png")
    return tmp_path


@pytest.fixture
def collections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with two folders of three pictures, paired by name, and a bad file."""
    monkeypatch.chdir(tmp_path)
    for side, side_pictures in (("a", A), ("b", B)):
        Path(side).mkdir()
        for number, picture in enumerate(side_pictures):
            picture.save(f"{side}/{number}.png")
        Path(f"{side}/broken.png").write_text("not a picture")
    return tmp_path
