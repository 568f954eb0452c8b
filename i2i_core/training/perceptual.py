"""A perceptual term for fits: near in deep features, where their weights can be had."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from i2i_core.losses.perceptual import perceptual
from i2i_core.networks.deep_features import VGG, DeepFeatures, WeightsUnavailable

WITHOUT = "The fit goes on without its perceptual term."


class PerceptualTerm:
    """`weight` times the distance of two batches of pictures in deep features (Johnson et al. 2016,
    eq. 2, as `losses.perceptual` weighs the layers).

    Not an nn.Module on purpose: as an attribute of a method it is neither saved with its weights
    nor handed to its optimisers. It goes by itself to the device of the pictures that it is given.
    """

    def __init__(self, features: DeepFeatures, weight: float = 1.0) -> None:
        self.features, self.weight = features, weight

    @classmethod
    def try_make(
        cls, name: str = VGG, weight: float = 1.0, layers: Sequence[int] | None = None
    ) -> tuple[PerceptualTerm | None, str]:
        """The term on the features `name` (see DeepFeatures), and an empty note; or nothing, and
        the sentence that says why and that the fit goes on without. A weight of 0 asks for nothing.

        Raises InputError for a network that timm does not know.
        """
        if not weight:
            return None, ""
        try:
            return cls(DeepFeatures(name, layers, without=WITHOUT), weight), ""
        except WeightsUnavailable as missing:
            return None, str(missing)

    def __call__(self, result: Tensor, target: Tensor) -> Tensor:
        """The weighed distance, a scalar, of `result` from `target`, both (N, 3, H, W) in [−1, 1].
        Gradients reach `result` alone."""
        network = self.features.to(result.device)
        with torch.no_grad():
            wanted = network(target / 2 + 0.5)
        return self.weight * perceptual(network(result / 2 + 0.5), wanted)
