"""A perceptual term for fits: near in the features of a network that knows what pictures show."""

from collections.abc import Sequence

import torch
from torch import Tensor
from typing_extensions import Self

from i2i_core.losses.perceptual import perceptual
from i2i_core.networks.deep_features import EFFICIENTNET, DeepFeatures, WeightsUnavailable
from i2i_core.networks.projected import View

WITHOUT = (
    f'The fit goes on without its perceptual term; with perceptual_network "{EFFICIENTNET}" it has '
    "one, for that comes with the studio."
)


class PerceptualTerm:
    """`weight` times the distance of two batches of pictures in deep features (Johnson et al. 2016,
    eq. 2; see `losses.perceptual`). No nn.Module, so that methods neither save nor optimise it."""

    def __init__(self, features: DeepFeatures, weight: float = 1.0) -> None:
        self.features, self.weight = features, weight

    @classmethod
    def try_make(
        cls, name: str = EFFICIENTNET, weight: float = 1.0, layers: Sequence[int] | None = None
    ) -> tuple[Self | None, str]:
        """The term on the features `name` (see DeepFeatures), and ""; or None, if its weight is 0
        or they cannot be had, and why. Raises InputError for a network that timm does not know."""
        if not weight:
            return None, ""
        try:
            return cls(DeepFeatures(name, layers, without=WITHOUT), weight), ""
        except WeightsUnavailable as missing:
            return None, str(missing)

    def __call__(self, result: Tensor | View, target: Tensor | View) -> Tensor:
        """How far `result` is from the fixed `target`, both (N, 3, H, W) in [−1, 1], or what a
        projected discriminator has seen in them, which is not computed again."""
        if isinstance(result, View) and isinstance(target, View):
            return self.weight * perceptual(result.features, target.features)
        assert isinstance(result, Tensor)
        assert isinstance(target, Tensor)
        network = self.features.to(result.device)
        with torch.no_grad():
            target_features = network(target / 2 + 0.5)
        return self.weight * perceptual(network(result / 2 + 0.5), target_features)
