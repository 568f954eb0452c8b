"""What codes of pictures have in common and where they differ most: means, principal directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

COUNT = 8  # principal directions of the texture


class Directions(nn.Module):
    """Of the codes of a collection: the texture's mean (T,) and principal directions (COUNT, T),
    each as long as the codes' standard deviation along it; `effects` (COUNT, E), what a step along
    each does to pictures; the structure's principal directions (C, C), over all places. All zeros
    until `learn`."""

    def __init__(self, structure: int, texture: int, effects: int = 5) -> None:
        super().__init__()
        self.register_buffer("texture_mean", torch.zeros(texture))
        self.register_buffer("texture", torch.zeros(COUNT, texture))
        self.register_buffer("effects", torch.zeros(COUNT, effects))
        self.register_buffer("structure", torch.zeros(structure, structure))

    texture_mean: Tensor
    texture: Tensor
    effects: Tensor
    structure: Tensor

    @property
    def known(self) -> bool:
        """Whether there is something in them."""
        return bool(self.texture.any())

    @torch.no_grad()
    def learn(self, structures: Tensor, textures: Tensor) -> None:
        """From structure vectors (M, C) and texture codes (N, T), N at least 2."""
        self.texture_mean.copy_(textures.mean(0))
        self.texture.zero_()
        found = principal(textures)[:COUNT]
        self.texture[: len(found)] = found
        self.structure.zero_()
        found = principal(structures)
        self.structure[: len(found)] = found


def principal(codes: Tensor) -> Tensor:
    """Principal directions of codes (N, C), as rows (min(N, C), C), the widest first, each as long
    as the standard deviation along it."""
    centred = (codes - codes.mean(0)).double()
    _, spread, directions = torch.linalg.svd(centred, full_matrices=False)
    scaled = directions * (spread / max(1, len(codes) - 1) ** 0.5)[:, None]
    # Of the two signs of a direction, the one whose largest part is positive: the same every time.
    largest = scaled.gather(1, scaled.abs().argmax(1, keepdim=True))
    turned: Tensor = scaled * torch.where(largest < 0, -1.0, 1.0)
    return turned.to(codes.dtype)
