"""The published swapping autoencoders once more, straight from their state dicts: what imported
ones are compared with. Written for one picture and without thought for speed."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

Tensors = dict[str, Tensor]
SMOOTH, SHARP = (1.0, 3.0, 3.0, 1.0), (1.0, 2.0, 1.0)


def unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True) + 1e-8).sqrt()


def act(x: Tensor, bias: Tensor) -> Tensor:
    return F.leaky_relu(x + bias.view(1, -1, 1, 1), 0.2) * math.sqrt(2)


def conv(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(x, weight / math.sqrt(weight[0].numel()), stride=stride, padding=padding)


def blurred(x: Tensor, taps: tuple[float, ...], pad: int, mode: str, gain: float = 1.0) -> Tensor:
    """Blurred after padding `pad` in all a side, the odd one before."""
    x = F.pad(x, ((pad + 1) // 2, pad // 2) * 2, mode=mode)
    line = torch.tensor(taps)
    kernel = torch.outer(line, line) / line.sum() ** 2 * gain
    return F.conv2d(x, kernel.expand(x.shape[1], 1, *kernel.shape), groups=x.shape[1])


def linear(t: Tensors, name: str, x: Tensor) -> Tensor:
    weight = t[f"{name}.weight"]
    return x @ weight.T / math.sqrt(weight.shape[1]) + t[f"{name}.bias"]


def styled(t: Tensors, name: str, x: Tensor, style: Tensor, up: bool, joint: bool) -> Tensor:
    """A styled convolution of one picture, its noise left out."""
    weight = t[f"{name}.conv.weight"][0] / math.sqrt(t[f"{name}.conv.weight"][0, 0].numel())
    style = linear(t, f"{name}.conv.modulation", style)[0]
    if joint:
        weight = weight * style.view(1, -1, 1, 1)
    else:
        x = x * (style / (style.square().mean() + 1e-8).sqrt()).view(1, -1, 1, 1)
    weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    if up:
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        x = blurred(x, SMOOTH, 2, "constant", gain=4)
    else:
        x = F.conv2d(x, weight, padding=1)
    return act(x, t[f"{name}.activate.bias"])


def official_encode(t: Tensors, x: Tensor, downs: int, deeper: int) -> tuple[Tensor, Tensor]:
    x = act(conv(x, t["E.FromRGB.Conv.weight"]), t["E.FromRGB.Act.bias"])
    for i in range(downs):
        at = f"E.DownToSpatialCode.ResBlockDownBy{2**i}"
        y = F.pad(x, (1, 1, 1, 1), mode="reflect")
        y = act(conv(y, t[f"{at}.conv1.Conv.weight"]), t[f"{at}.conv1.Act.bias"])
        y = blurred(y, SHARP, 3, "reflect")
        y = act(conv(y, t[f"{at}.conv2.Conv.weight"], 2), t[f"{at}.conv2.Act.bias"])
        skip = conv(blurred(x, SHARP, 1, "constant"), t[f"{at}.skip.Conv.weight"], 2)
        x = (y + skip) / math.sqrt(2)
    s = act(conv(x, t["E.ToSpatialCode.0.Conv.weight"]), t["E.ToSpatialCode.0.Act.bias"])
    s = conv(s, t["E.ToSpatialCode.1.Conv.weight"])
    s = s + t["E.ToSpatialCode.1.Conv.bias"].view(1, -1, 1, 1)
    for i in range(downs, downs + deeper):
        at = f"E.DownToGlobalCode.ConvLayerDownBy{2**i}"
        x = act(conv(x, t[f"{at}.Conv.weight"], 2), t[f"{at}.Act.bias"])
    return unit(s), unit(linear(t, "E.ToGlobalCode.0", x.mean((2, 3))))


def official_decode(t: Tensors, s: Tensor, style: Tensor, heads: int, ups: int) -> Tensor:
    s, style = unit(s), unit(style)
    scale = linear(t, "G.SpatialCodeModulation.scale", style).view(1, -1, 1, 1)
    x = s * scale + linear(t, "G.SpatialCodeModulation.bias", style).view(1, -1, 1, 1)
    for i in range(heads):
        at = f"G.HeadResnetBlock{i}"
        skip = f"{at}.skip.Conv.weight"
        rest = conv(x, t[skip]) if skip in t else x
        y = styled(t, f"{at}.conv1", x, style, False, False)
        x = (rest + styled(t, f"{at}.conv2", y, style, False, False)) / math.sqrt(2)
    for i in range(ups):
        at = f"G.UpsamplingResBlock{2 ** (4 + i)}"
        skip = f"{at}.skip.Conv.weight"
        rest = act(conv(x, t[skip]), t[f"{at}.skip.Act.bias"]) if skip in t else x
        rest = F.interpolate(rest, scale_factor=2, mode="bilinear", align_corners=False)
        y = styled(t, f"{at}.conv1", x, style, True, False)
        x = (rest + styled(t, f"{at}.conv2", y, style, False, False)) / math.sqrt(2)
    weight = t["G.ToRGB.conv.weight"][0]
    style = linear(t, "G.ToRGB.conv.modulation", style)[0]
    return conv(x, weight * style.view(1, -1, 1, 1)) + t["G.ToRGB.bias"]


def rosinality_encode(t: Tensors, x: Tensor, downs: int) -> tuple[Tensor, Tensor]:
    x = act(conv(x, t["stem.0.0.weight"]), t["stem.0.1.bias"])
    for i in range(1, downs + 1):
        at = f"stem.{i}"
        y = F.pad(x, (1, 1, 1, 1), mode="reflect")
        y = act(conv(y, t[f"{at}.conv1.1.weight"]), t[f"{at}.conv1.2.bias"])
        y = blurred(y, SMOOTH, 4, "constant")
        y = act(conv(y, t[f"{at}.conv2.1.weight"], 2), t[f"{at}.conv2.2.bias"])
        skip = conv(blurred(x, SMOOTH, 2, "constant"), t[f"{at}.skip.1.weight"], 2)
        x = (y + skip) / math.sqrt(2)
    s = x
    for i in range(2):
        s = act(conv(s, t[f"structure.{i}.0.weight"]), t[f"structure.{i}.1.bias"])
    for i in range(2):
        x = blurred(x, SMOOTH, 4, "constant")
        x = act(conv(x, t[f"texture.{i}.1.weight"], 2), t[f"texture.{i}.2.bias"])
    x = act(conv(x.mean((2, 3), keepdim=True), t["texture.3.0.weight"]), t["texture.3.1.bias"])
    return s, x.flatten(1)


def rosinality_decode(t: Tensors, x: Tensor, style: Tensor, heads: int, ups: int) -> Tensor:
    for i in range(heads + ups):
        at, up = f"layers.{i}", i >= heads
        rest = x
        if up:
            weight = t[f"{at}.skip.0.weight"]
            rest = F.conv_transpose2d(x, weight / math.sqrt(weight.shape[0]), stride=2)
            rest = blurred(rest, SMOOTH, 4, "constant")
        elif f"{at}.skip.0.weight" in t:
            rest = conv(x, t[f"{at}.skip.0.weight"])
        y = styled(t, f"{at}.conv1", x, style, up, True)
        x = (styled(t, f"{at}.conv2", y, style, False, True) + rest) / math.sqrt(2)
    return conv(x, t["to_rgb.0.weight"]) + t["to_rgb.0.bias"].view(1, -1, 1, 1)
