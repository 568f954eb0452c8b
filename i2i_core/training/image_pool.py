"""The image pool: old translations among new ones, for the discriminator."""

import torch
from torch import Tensor


class ImagePool:
    """The last 50 translations, from which the discriminator is shown an old one half of the time
    (Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section 4)."""

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self.pictures: list[Tensor] = []

    def query(self, pictures: Tensor) -> Tensor:
        """As many (N, C, H, W): the same until the pool is full, then half of them older ones."""
        out = []
        for picture in pictures.detach().split(1):
            result = picture
            if len(self.pictures) < self.size:
                self.pictures.append(picture)
            elif self.size and torch.rand(()) < 0.5:
                place = int(torch.randint(self.size, ()))
                result, self.pictures[place] = self.pictures[place].to(picture), picture
            out.append(result)
        return torch.cat(out)
