"""Pictures by number: of noise, of one grey each, and such that some cannot be read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.data.batches import CropSettings
from i2i_core.data.folders import Folder
from i2i_core.errors import InputError

SMALL = CropSettings(size=16, load_size=20)


def picture(seed: int, width: int = 30, height: int = 24) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def pictures(count: int, first: int = 0) -> list[Image.Image]:
    return [picture(first + number) for number in range(count)]


def flat(count: int, side: int = 20) -> list[Image.Image]:
    """Pictures of one grey each, which tells their numbers."""
    return [Image.new("RGB", (side, side), (number,) * 3) for number in range(count)]


def numbers(batch: Tensor) -> list[int]:
    return [round((float(crop.mean()) + 1) / 2 * 255) for crop in batch]


def same(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


class Holed(Sequence[Image.Image]):
    """Pictures of which some cannot be read; counts how often each is opened."""

    def __init__(self, pictures: list[Image.Image], holes: set[int] = frozenset()) -> None:
        self.pictures, self.holes = pictures, holes
        self.opened = [0] * len(pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        self.opened[index] += 1
        if index in self.holes:
            raise InputError(f"number {index} is damaged")
        return self.pictures[index]


def broken_folder(path: Path, good: int = 4) -> Folder:
    """`good` pictures and three files that cannot be read among them."""
    path.mkdir()
    for number, image in enumerate(pictures(good)):
        image.save(path / f"{number}.png")
    (path / "1-text.png").write_text("not a picture")
    (path / "2-empty.png").write_bytes(b"")
    whole = io.BytesIO()
    picture(9, 200, 200).save(whole, "JPEG")
    (path / "3-cut.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    return Folder(path)


BROKEN = {"1-text.png", "2-empty.png", "3-cut.jpg"}
