"""Pictures as codes of a swapping autoencoder (plain arrays), and back; codes in files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from i2i_core.errors import InputError, check_range
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder

Floats = NDArray[np.float32]
MIN_SHORT_SIDE, MAX_SHORT_SIDE = 64, 1024  # pixels of the shorter side
MAX_ASPECT = 8  # times as long as wide
FORMAT = "i2i-codes-1"


@dataclass(frozen=True)
class Codes:
    """A picture of `size` (width, height) as structure (C, h, w) and texture (T,). Each place of
    the structure is `step` pixels a side; some lie beyond the right and the lower border."""

    structure: Floats
    texture: Floats
    size: tuple[int, int]
    step: int

    def textured(self, other: Codes, share: float = 1.0) -> Codes:
        """With the texture `share` of the straight way to `other`'s; beyond 1 exaggerated."""
        way = np.float32(share) * (other.texture - self.texture)
        return replace(self, texture=self.texture + way)


def encode(method: SwappingAutoencoder, picture: Image.Image, size: int | None = None) -> Codes:
    """The codes of `picture` (upright, RGB: see `check_image`), shrunk or enlarged so that its
    shorter side has `size` pixels, by default as many as the model learnt at."""
    scaled = at_size(method, picture, size)
    pixels = to_tensor(scaled).to(method.device)
    multiple = method.capabilities.multiple_of
    right, below = (-side % multiple for side in scaled.size)
    pixels = F.pad(pixels, (0, right, 0, below), mode="replicate")
    with torch.no_grad():
        structure, texture = method.encode(pixels)
    return Codes(structure[0].cpu().numpy(), texture[0].cpu().numpy(), scaled.size, multiple)


def check_codes(method: SwappingAutoencoder, codes: Codes) -> None:
    """Raise InputError for codes of another model."""
    c = method.config
    if (len(codes.structure), len(codes.texture)) != (c.structure_channels, c.texture_size):
        advice = "encode the picture again with the model that is to decode them."
        raise InputError(f"These codes are of another model, with other sizes: {advice}")


def decode(method: SwappingAutoencoder, codes: Codes) -> Image.Image:
    """The picture of these codes. Raises InputError for codes of another model."""
    check_codes(method, codes)
    structure, texture = (
        torch.from_numpy(np.asarray(code, np.float32))[None].to(method.device)
        for code in (codes.structure, codes.texture)
    )
    with torch.no_grad():
        decoded = method.decode(structure, texture)
    width, height = codes.size
    return to_image(decoded[..., :height, :width])


def at_size(
    method: SwappingAutoencoder, picture: Image.Image, size: int | None = None
) -> Image.Image:
    """`picture` as it is encoded: its shorter side `size` pixels. Raises InputError for a size out
    of range, and for a picture that is far longer than wide."""
    side = method.config.crop_size if size is None else size
    if side != method.config.crop_size:
        check_range("size", side, MIN_SHORT_SIDE, MAX_SHORT_SIDE)
    if max(picture.size) > MAX_ASPECT * min(picture.size):
        problem = f"The picture is {picture.width} × {picture.height}: far too narrow."
        advice = "Cut out a part that is at most eight times as long as it is wide."
        raise InputError(f"{problem} {advice}")
    return fit_short_side(picture, side)


def save_codes(codes: Codes, path: str | Path) -> None:
    """Write codes to a .safetensors file: "structure", "texture", and the size in the header."""
    sizes = {"width": codes.size[0], "height": codes.size[1], "step": codes.step}
    header = {"format": FORMAT, **{name: str(value) for name, value in sizes.items()}}
    tensors = {"structure": codes.structure, "texture": codes.texture}
    tensors = {name: np.ascontiguousarray(x, np.float32) for name, x in tensors.items()}
    save_file(tensors, Path(path), header)


def load_codes(path: str | Path) -> Codes:
    """What `save_codes` wrote. Raises InputError for anything else."""
    path = Path(path)
    try:
        with safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        size = (int(header["width"]), int(header["height"]))
        codes = Codes(tensors["structure"], tensors["texture"], size, int(header["step"]))
        if header.get("format") != FORMAT:
            raise KeyError("format")
    except (SafetensorError, OSError, KeyError, ValueError):
        advice = "give a file that encoding a picture made."
        raise InputError(f"{path.name} holds no codes of a picture: {advice}") from None
    fits = codes.structure.ndim == 3 and codes.texture.ndim == 1
    if fits:
        rows, columns = (places * codes.step for places in codes.structure.shape[1:])
        fits = 0 < size[0] <= columns and 0 < size[1] <= rows
    if not fits:
        raise InputError(f"{path.name} holds codes of an unknown shape. Encode the picture again.")
    return codes
