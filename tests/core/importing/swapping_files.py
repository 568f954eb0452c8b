"""State dicts of swapping autoencoders as the published programs write them, of made-up weights."""

from __future__ import annotations

import argparse
from itertools import pairwise
from typing import Any

import torch

from tests.core.importing.pth_files import Tensors

STRUCTURE, TEXTURE = 5, 24


class Made:
    """State dicts as the published programs write them."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(0)
        self.tensors: Tensors = {}

    def add(self, name: str, *shape: int) -> None:
        self.tensors[name] = torch.randn(*shape, generator=self.generator)

    def styled(self, name: str, channels_in: int, channels_out: int, up: bool) -> None:
        self.add(f"{name}.conv.weight", 1, channels_out, channels_in, 3, 3)
        self.add(f"{name}.conv.modulation.weight", channels_in, TEXTURE)
        self.tensors[f"{name}.conv.modulation.bias"] = torch.ones(channels_in)
        if up:
            self.add(f"{name}.conv.blur.kernel", 4, 4)
        self.tensors[f"{name}.noise.weight"] = torch.zeros(1)  # or no two pictures were alike
        self.add(f"{name}.activate.bias", channels_out)


def official(
    widths: tuple[int, ...] = (4, 6, 8, 10),
    deeper: tuple[int, ...] = (12, 16),
    heads: tuple[int, ...] = (6, 12),
    ups: tuple[int, ...] = (12, 8, 6),
) -> Tensors:
    made = Made()
    made.add("E.FromRGB.Conv.weight", widths[0], 3, 1, 1)
    made.add("E.FromRGB.Act.bias", widths[0])
    for i, (a, b) in enumerate(pairwise(widths)):
        at = f"E.DownToSpatialCode.ResBlockDownBy{2**i}"
        made.add(f"{at}.conv1.Conv.weight", a, a, 3, 3)
        made.add(f"{at}.conv1.Act.bias", a)
        made.add(f"{at}.conv2.Blur.kernel", 3, 3)
        made.add(f"{at}.conv2.Conv.weight", b, a, 3, 3)
        made.add(f"{at}.conv2.Act.bias", b)
        made.add(f"{at}.skip.Blur.kernel", 3, 3)
        made.add(f"{at}.skip.Conv.weight", b, a, 1, 1)
    last = widths[-1]
    made.add("E.ToSpatialCode.0.Conv.weight", last, last, 1, 1)
    made.add("E.ToSpatialCode.0.Act.bias", last)
    made.add("E.ToSpatialCode.1.Conv.weight", STRUCTURE, last, 1, 1)
    made.add("E.ToSpatialCode.1.Conv.bias", STRUCTURE)
    for i, (a, b) in enumerate(zip((last, *deeper), deeper, strict=False), len(widths) - 1):
        at = f"E.DownToGlobalCode.ConvLayerDownBy{2**i}"
        made.add(f"{at}.Blur.kernel", 1, 1)
        made.add(f"{at}.Conv.weight", b, a, 3, 3)
        made.add(f"{at}.Act.bias", b)
    made.add("E.ToGlobalCode.0.weight", TEXTURE, deeper[-1])
    made.add("E.ToGlobalCode.0.bias", TEXTURE)
    for part in ("scale", "bias"):
        made.add(f"G.SpatialCodeModulation.{part}.weight", STRUCTURE, TEXTURE)
        made.add(f"G.SpatialCodeModulation.{part}.bias", STRUCTURE)
    for i, (a, b) in enumerate(zip((STRUCTURE, *heads), heads, strict=False)):
        made.styled(f"G.HeadResnetBlock{i}.conv1", a, b, False)
        made.styled(f"G.HeadResnetBlock{i}.conv2", b, b, False)
        if a != b:
            made.add(f"G.HeadResnetBlock{i}.skip.Conv.weight", b, a, 1, 1)
    for i, (a, b) in enumerate(zip((heads[-1], *ups), ups, strict=False)):
        at = f"G.UpsamplingResBlock{2 ** (4 + i)}"
        made.styled(f"{at}.conv1", a, b, True)
        made.styled(f"{at}.conv2", b, b, False)
        if a != b:
            made.add(f"{at}.skip.Conv.weight", b, a, 1, 1)
            made.add(f"{at}.skip.Act.bias", b)
    made.add("G.ToRGB.upsample.kernel", 4, 4)
    made.add("G.ToRGB.conv.weight", 1, 3, ups[-1], 1, 1)
    made.add("G.ToRGB.conv.modulation.weight", ups[-1], TEXTURE)
    made.add("G.ToRGB.conv.modulation.bias", ups[-1])
    made.add("G.ToRGB.bias", 1, 3, 1, 1)
    made.add("D.convs.0.Conv.weight", 4, 3, 1, 1)
    made.add("Dpatch.pairlinear.0.weight", 4, 8)
    made.tensors["num_discriminator_iters"] = torch.tensor([25_000])
    return made.tensors


def rosinality(ema: str = "_ema", channel: int = 4) -> dict[str, Any]:
    e, g, widths = Made(), Made(), [channel * 2**i for i in range(4)]
    e.add("stem.0.0.weight", channel, 3, 1, 1)
    e.add("stem.0.1.bias", channel)
    for i, (a, b) in enumerate(pairwise(widths), 1):
        e.add(f"stem.{i}.conv1.1.weight", b, a, 3, 3)
        e.add(f"stem.{i}.conv1.2.bias", b)
        e.add(f"stem.{i}.conv2.0.kernel", 4, 4)
        e.add(f"stem.{i}.conv2.1.weight", b, b, 3, 3)
        e.add(f"stem.{i}.conv2.2.bias", b)
        e.add(f"stem.{i}.skip.0.kernel", 4, 4)
        e.add(f"stem.{i}.skip.1.weight", b, a, 1, 1)
    last = widths[-1]
    for i, b in enumerate((last, STRUCTURE)):
        e.add(f"structure.{i}.0.weight", b, last, 1, 1)
        e.add(f"structure.{i}.1.bias", b)
    for i, (a, b) in enumerate(((last, 2 * last), (2 * last, TEXTURE))):
        e.add(f"texture.{i}.0.kernel", 4, 4)
        e.add(f"texture.{i}.1.weight", b, a, 3, 3)
        e.add(f"texture.{i}.2.bias", b)
    e.add("texture.3.0.weight", TEXTURE, TEXTURE, 1, 1)
    e.add("texture.3.1.bias", TEXTURE)
    out = [channel * n for n in (1, 2, 2, 2, 1)]
    for i, (a, b) in enumerate(zip([STRUCTURE, *out], out, strict=False)):
        up = i >= 2
        g.styled(f"layers.{i}.conv1", a, b, up)
        g.styled(f"layers.{i}.conv2", b, b, False)
        if up:
            g.add(f"layers.{i}.skip.0.weight", a, b, 1, 1)
            g.add(f"layers.{i}.skip.1.kernel", 4, 4)
        elif a != b:
            g.add(f"layers.{i}.skip.0.weight", b, a, 1, 1)
    g.add("to_rgb.0.weight", 3, out[-1], 1, 1)
    g.add("to_rgb.0.bias", 3)
    other = {name: torch.zeros_like(value) for name, value in e.tensors.items()}
    networks = {"e_ema": e.tensors, "g_ema": g.tensors} if ema else {}
    return {
        "e": other if ema else e.tensors,
        "g": {name: torch.zeros_like(v) for name, v in g.tensors.items()} if ema else g.tensors,
        "d": {"convs.0.0.weight": torch.zeros(4, 3, 1, 1)},
        "cooccur": {},
        **networks,
        "g_optim": {"state": {}, "param_groups": [{"lr": 0.002}]},
        "args": argparse.Namespace(channel=channel, size=256),
    }
