"""What several test files share: small pictures and tensors, and a small model of every method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.method import Method
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.methods.pix2pixhd import Pix2PixHD
from i2i_core.methods.semantic_analogy import SemanticAnalogy
from i2i_core.methods.sincut import SinCUT
from i2i_core.methods.structural_analogy import StructuralAnalogy
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder

# Pictures and tensors


def noise(*shape: int, seed: int = 0) -> Tensor:
    """A tensor of normal noise that depends on the seed alone."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def noisy(first: tuple[int, ...], second: tuple[int, ...], edge: int, seed: int) -> Image.Image:
    """64 × 32 pixels: one colour left of column `edge`, another right of it, both grainy."""
    pixels = np.full((32, 64, 3), second, np.int16)
    pixels[:, :edge] = first
    pixels += np.random.default_rng(seed).integers(-25, 26, pixels.shape, np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def label_map(edge: int) -> Image.Image:
    """64 × 32 pixels: blue left of column `edge`, red right of it."""
    pixels = np.full((32, 64, 3), (220, 20, 20), np.uint8)
    pixels[:, :edge] = (20, 20, 220)
    return Image.fromarray(pixels)


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Soft spots of random colours, five high and six wide."""
    spots = np.random.default_rng(seed).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    return Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC)


def gallery(folder: Path, count: int, size: tuple[int, int] = (140, 140), seed: int = 0) -> Any:
    """Files as a gallery of the page gives them: discs of various sizes and colours."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: size[1], : size[0]]
    files = []
    for number in range(count):
        colours = random.integers(0, 255, (2, 3))
        disc = (y - size[1] / 2) ** 2 + (x - size[0] / 2) ** 2 < random.integers(25, 60) ** 2
        path = folder / f"{seed}_{number}.png"
        Image.fromarray(colours[disc.astype(int)].astype(np.uint8)).save(path)
        files.append((str(path), None))
    return files


SAND, SEA = (200, 180, 120), (30, 80, 140)
ROCK, SKY = (60, 60, 60), (210, 210, 210)
A = [noisy(ROCK, SKY, edge, edge) for edge in (20, 32, 40)]
B = [noisy(SAND, SEA, edge, edge) for edge in (20, 32, 40)]

# A model of every method


@dataclass(frozen=True)
class Row:
    """A method as the contract tries it: `settings` make it small and fast, `a` and `b` are what it
    learns from, and `variants` are changes of the settings that are tried as well."""

    kind: type[Method]
    settings: Mapping[str, Any]
    a: Sequence[Image.Image]
    b: Sequence[Image.Image]
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def new(self, **changes: Any) -> Method:
        """The method, untrained, with these settings changed."""
        return self.kind.from_settings({**self.settings, **changes})

    @property
    def source(self) -> Image.Image:
        """What is translated."""
        return self.a[0]

    @property
    def one_each(self) -> bool:
        """Whether it learns from exactly one picture on each side."""
        return self.kind.capabilities.task in ("single pair", "analogy")

    @property
    def stepwise(self) -> bool:
        """Whether it learns step by step."""
        return self.new().fit_state is not None


def fitted(row: Row, **changes: Any) -> Method:
    """The row's method after all of its steps."""
    method = row.new(**changes)
    for _ in method.fit(row.a, row.b):
        pass
    return method


# Of every kind of thing that a fit's state holds, the smallest: an average, a pool that is full.
SMALL = {"crop_size": 32, "load_size": 36, "discriminator_width": 4, "steps": 4, "ema": 0.9}
RESNET_VARIANTS: dict[str, dict[str, Any]] = {
    "no ema": {"ema": 0.0},
    "no norms": {"norm": "none", "lowpass": 0},
    "batch norms, dropout": {"norm": "batch", "dropout": True},
    "wide lowpass": {"lowpass": 8},
}
ROWS = {
    "structural_analogy": Row(
        StructuralAnalogy,
        {"long_side": 64, "correspondence": "lightness"},
        [noisy((60, 60, 60), (210, 210, 210), 24, 0)],
        [noisy(SAND, SEA, 40, 1)],
        {"fine": {"granularity": 0.85}},
    ),
    "semantic_analogy": Row(
        SemanticAnalogy,
        {"long_side": 64},
        [label_map(40)],
        [noisy(SAND, SEA, 40, 1)],
        {"keep": {"keep": True}},
    ),
    "pix2pix": Row(
        Pix2Pix,
        {**SMALL, "width": 4, "depth": 5},
        A,
        B,
        {
            "grey to colour": {"in_channels": 1},
            "colour to grey": {"out_channels": 1, "depth": 3},
            "no ema": {"ema": 0.0},
            "resnet": {"generator": "resnet", "norm": "instance", "blocks": 1},
            "evaluated": {"test_time": "eval"},
            "no norms": {"norm": "none", "dropout": False, "discriminator": "pixel"},
        },
    ),
    "pix2pixhd": Row(
        Pix2PixHD,
        {
            **SMALL,
            "width": 4,
            "depth": 3,
            "fine_width": 4,
            "code": 2,
            "noise": True,
            "discriminator_layers": 1,
        },
        A,
        B,
        {
            "grey to colour": {"in_channels": 1},
            "grey to grey": {"in_channels": 1, "out_channels": 1},
            "no ema": {"ema": 0.0},
            "no noise": {"noise": False},
            "noise alone": {"code": 0},
            "neither": {"code": 0, "noise": False, "depth": 2},
        },
    ),
    "cyclegan": Row(
        CycleGAN,
        {
            **SMALL,
            "width": 4,
            "blocks": 1,
            "pool": 2,
            "antialias": True,
            "lowpass": 4,
            "identity_every": 2,
        },
        A,
        B[:2],
        {
            **RESNET_VARIANTS,
            "grey to colour": {"in_channels": 1, "identity_weight": 0.0, "lowpass": 0},
            "strides": {"antialias": False, "lowpass": 0},
        },
    ),
    "cut": Row(
        CUT,
        {**SMALL, "width": 4, "blocks": 1, "nce_layers": (0, 4, 12), "nce_patches": 16},
        A[:2],
        B,
        {
            **RESNET_VARIANTS,
            "grey to grey": {"in_channels": 1, "out_channels": 1, "lowpass": 4},
            "strides": {"antialias": False, "nce_layers": (0, 4)},
        },
    ),
    "sincut": Row(
        SinCUT,
        {
            "width": 4,
            "discriminator_width": 4,
            "crop_size": 16,
            "load_size": 48,
            "batch": 2,
            "steps": 4,
            "ema": 0.9,
        },
        A[:1],
        B[:1],
        {"no ema": {"ema": 0.0}, "odd size": {"load_size": 51}},
    ),
    "swapping_autoencoder": Row(
        SwappingAutoencoder,
        {
            **SMALL,
            "widths": (4, 6, 8),
            "texture_widths": (8,),
            "structure_channels": 3,
            "texture_size": 8,
            "head_widths": (6,),
            "up_widths": (8, 4),
            "patch_width": 4,
            "patch_max_width": 8,
            "patch_linear": 8,
            "patch_size": 16,
            "patches": 2,
            "discriminator_max_width": 8,
            "recolour": True,
            "window": 16,
            "batch": 1,
            "r1_every": 2,
        },
        A,
        B,
        {
            "no ema": {"ema": 0.0},
            "whole pictures": {"window": 0, "recolour": False},
            "rosinality": {"variant": "rosinality", "texture_scale": 1.0},
        },
    ),
}


def small(**changes: Any) -> Pix2PixHD:
    """A pix2pixHD of the smallest networks, untrained, both of whose stages have two steps."""
    settings = {**ROWS["pix2pixhd"].settings, "noise": False, "coarse": 0.5, "ema": 0.0}
    return Pix2PixHD.from_settings({**settings, **changes})
