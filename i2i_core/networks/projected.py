"""The projected discriminator (Sauer et al. 2021): it judges pictures by what a frozen network sees
in them, and so need not learn to see first."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from i2i_core.networks.diffaugment import DifferentiableAugmentation
from i2i_core.networks.efficientnet import CHANNELS, efficientnet_lite0

LAYERS = (1, 2, 3, 4)  # of EfficientNet-Lite0: strides 4, 8, 16 and 32


@dataclass(frozen=True)
class View:
    """What the frozen network sees in pictures: feature maps, fine to coarse, and the condition
    (N, C, H, W) under which they are judged, with no channels if there is none."""

    features: tuple[Tensor, ...]
    condition: Tensor

    def detach(self) -> "View":
        """The same, from which no gradient reaches the pictures."""
        return View(tuple(feature.detach() for feature in self.features), self.condition)


class ProjectedDiscriminator(nn.Module):
    """(N, conditions + C, H, W) in [−1, 1], a condition and the picture that is judged under it, to
    logits (N, 4, ⌈H/4⌉, ⌈W/4⌉): a channel for each of four strides, the coarse ones repeated, so
    that all count alike in a mean. A condition, which the paper has none of, is laid beside the
    features of each stride in their size.

    Features are mixed across channels and then, coarse to fine, across scales, by random
    convolutions that are never trained (section 3.2): without, the heads would attend to a small
    part of what the network sees. Each stride has a head of `width` channels with spectral norms
    (Miyato et al. 2018). With `augment` what is judged in training is augmented (Zhao et al. 2020).

    It holds no copy of the frozen network, whose weights are nobody's to train."""

    def __init__(self, conditions: int = 0, width: int = 64, augment: bool = False) -> None:
        super().__init__()
        self.conditions, self.augment = conditions, augment
        channels = [CHANNELS[layer] for layer in LAYERS]
        self.across_channels = nn.ModuleList([_RandomConv2d(c, width, 1) for c in channels])
        self.across_scales = nn.ModuleList([_RandomConv2d(width, width, 3) for _ in channels[1:]])
        self.heads = nn.ModuleList([_head(width + conditions, width) for _ in channels])

    def look(self, *inputs: Tensor) -> tuple[View, ...]:
        """What the frozen network sees in `inputs`, all augmented alike, so that pairs stay pairs.
        Raises WeightsUnavailable where its weights are not beside the code."""
        augmentation = (
            DifferentiableAugmentation(inputs[0]) if self.augment and self.training else None
        )
        network = efficientnet_lite0(LAYERS, str(inputs[0].device))
        views = []
        for x in inputs:
            condition, pictures = x[:, : self.conditions].detach(), x[:, self.conditions :]
            if augmentation is not None:
                condition = augmentation.move(condition)
                pictures = augmentation.move(augmentation.colour(pictures))
            pictures = pictures.expand(-1, 3, -1, -1) / 2 + 0.5
            views.append(View(tuple(network(pictures)), condition))
        return tuple(views)

    def forward(self, x: Tensor | View) -> Tensor:
        return self.features(x)[-1]

    def features(self, x: Tensor | View) -> list[Tensor]:
        """What the heads' layers give, from stride to stride, and the logits, which come last."""
        view = x if isinstance(x, View) else self.look(x)[0]
        return self._judge(view.features, [view.condition] * len(LAYERS))

    def _judge(self, features: Sequence[Tensor], conditions: Sequence[Tensor]) -> list[Tensor]:
        hidden: list[Tensor] = []
        logits: list[Tensor] = []
        parts = zip(self._mix(features), conditions, self.heads, strict=True)
        for mixed, condition, head in parts:
            h = mixed
            if condition.shape[1]:
                h = torch.cat([h, F.interpolate(condition, h.shape[-2:], mode="area")], 1)
            assert isinstance(head, nn.Sequential)
            for layer in head:
                h = layer(h)
                if isinstance(layer, nn.LeakyReLU):
                    hidden.append(h)
            logits.append(h)
        finest = logits[0].shape[-2:]
        return [*hidden, torch.cat([F.interpolate(each, finest) for each in logits], 1)]

    def _mix(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Feature maps of one width, each with what the coarser ones have (figure 2)."""
        maps = [mix(f) for mix, f in zip(self.across_channels, features, strict=True)]
        for fine in reversed(range(len(maps) - 1)):
            coarse = F.interpolate(maps[fine + 1], maps[fine].shape[-2:], mode="bilinear")
            maps[fine] = self.across_scales[fine](maps[fine] + coarse)
        return maps


class ProjectedPatchDiscriminator(ProjectedDiscriminator):
    """Whether crops are of the picture that others are of, as the swapping autoencoder's (Park et
    al. 2020, section 3.3), but seen through the frozen network: beside the features of a crop each
    head is shown the mean features of the reference's."""

    def __init__(self, width: int = 64) -> None:
        super().__init__(width, width)
        self.conditions = 0  # in the input, that is

    def forward(self, reference: Tensor, crops: Tensor) -> Tensor:  # type: ignore[override]
        """Of crops (N, P, 3, s, s) in [−1, 1] of the reference and of what is judged, the logits
        (N·P, 4, ⌈s/4⌉, ⌈s/4⌉)."""
        count = crops.shape[:2]
        conditions = [
            mixed.unflatten(0, count).mean((1, 3, 4), keepdim=True).expand(-1, count[1], -1, 1, 1)
            for mixed in self._mix(self.look(reference.flatten(0, 1))[0].features)
        ]
        flat = [condition.flatten(0, 1) for condition in conditions]
        (view,) = self.look(crops.flatten(0, 1))
        return self._judge(view.features, flat)[-1]


class _RandomConv2d(nn.Module):
    """A convolution of random weights, which are kept with the model and stay as they are."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        weight = torch.empty(channels_out, channels_in, kernel, kernel)
        self.weight = nn.Buffer(nn.init.kaiming_normal_(weight, nonlinearity="linear"))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, padding=self.weight.shape[-1] // 2)


def _head(channels: int, width: int) -> nn.Sequential:
    """(N, channels, h, w) to logits (N, 1, h, w)."""
    return nn.Sequential(
        spectral_norm(nn.Conv2d(channels, width, 3, padding=1)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(width, width, 3, padding=1)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(width, 1, 1)),
    )  # fmt: skip
