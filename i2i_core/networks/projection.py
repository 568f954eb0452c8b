"""The projection head of CUT (Park et al. 2020, section 3): patch features to unit vectors."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import initialise


class PatchProjection(nn.Module):
    """A two-layer perceptron for each compared layer: features (N, C, H, W) to unit vectors
    (N, P, `width`) at P places. 0.56 million weights for 3, 128, 256, 256, 256 channels."""

    def __init__(self, channels: Sequence[int], width: int = 256, init: str = "xavier") -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width))
            for count in channels
        )
        initialise(self, init)

    def forward(self, features: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """`places` holds, for each layer, P indices into the H·W pixels, counted row by row."""
        return [
            F.normalize(head(feature.flatten(2)[:, :, chosen].transpose(1, 2)), dim=-1)
            for head, feature, chosen in zip(self.heads, features, places, strict=True)
        ]
