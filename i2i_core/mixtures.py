"""What is mixed: pictures of pairs among others, old translations among new ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from i2i_core.errors import InputError

Pictures = Sequence[Image.Image]


class Mixed(Sequence[Image.Image]):
    """One side's pictures with pictures of pairs among them, unmarked: implicit pairs (Ginger et
    al. 2019). As many entries are added, going through the pairs again and again, as make up
    `fraction` of the whole (of more pairs than that, the first). The two sides stay unpaired: each
    is sampled for itself."""

    def __init__(self, pictures: Pictures, of_pairs: Pictures, fraction: float) -> None:
        if not 0 <= fraction < 1:
            raise InputError(f"The fraction of pairs is {fraction}: choose one from 0 to 0.99.")
        self.pictures, self.of_pairs = pictures, of_pairs
        wanted = round(len(pictures) * fraction / (1 - fraction))
        self.added = wanted if len(of_pairs) else 0

    def __len__(self) -> int:
        return len(self.pictures) + self.added

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index < len(self.pictures):
            return self.pictures[index]
        return self.of_pairs[(index - len(self.pictures)) % len(self.of_pairs)]

    @property
    def names(self) -> list[str]:
        """Names for the list of what was skipped."""
        own, pairs = (
            list(getattr(side, "names", [f"{word} {i + 1}" for i in range(len(side))]))
            for side, word in ((self.pictures, "picture"), (self.of_pairs, "pair"))
        )
        return own + [pairs[i % len(pairs)] for i in range(self.added)]


class ImagePool:
    """The last 50 translations, from which the discriminator is shown an old one half of the time
    (Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section 4)."""

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self.pictures: list[Tensor] = []

    def exchange(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) in, as many out: each is stored and returned until the pool is full; then
        one in two is stored and an older one returned in its place. Draws from torch's generator.
        """
        out = []
        for picture in pictures.detach().split(1):
            if len(self.pictures) < self.size:
                self.pictures.append(picture)
                out.append(picture)
            elif self.size and torch.rand(()) < 0.5:
                place = int(torch.randint(self.size, ()))
                out.append(self.pictures[place].to(picture))
                self.pictures[place] = picture
            else:
                out.append(picture)
        return torch.cat(out)
