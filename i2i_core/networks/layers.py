"""Layers that the published networks share: norms, fixed blurs, the two ways to initialise."""

import itertools
from collections.abc import Sequence
from contextvars import ContextVar, Token

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SHARED: "ContextVar[SharedStatistics | None]" = ContextVar("shared statistics", default=None)


def norm_layer(kind: str, channels: int) -> nn.Module:
    """The norm "batch" or "instance" for so many channels, or, of kind "none", nothing."""
    if kind == "none":
        return nn.Identity()
    return BatchNorm(channels) if kind == "batch" else InstanceNorm(channels)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation whose running statistics change only while gradients are recorded, for
    pix2pix translates in training mode (its section 3.4)."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or torch.is_grad_enabled():
            return super().forward(x)
        shared = _SHARED.get()
        mean, variance = (None, None) if shared is None else shared.statistics(self, x)
        return F.batch_norm(x, mean, variance, self.weight, self.bias, shared is None, eps=self.eps)


class InstanceNorm(nn.Module):
    """Instance normalisation without parameters (Ulyanov et al. 2016) of (N, C, H, W). PyTorch's
    copies channels-last tensors, and on the CPU is slower than the same sums asked of batch
    normalisation (of one picture) or of group normalisation (with C groups)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        shared = _SHARED.get()
        if shared is not None:
            return F.batch_norm(x, *shared.statistics(self, x))
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        if len(x) == 1 and channels_last and not x.is_contiguous() and x[0, 0].numel() > 1:
            return F.batch_norm(x, None, None, training=True)
        return F.group_norm(x, self.channels)


class SharedStatistics:
    """Means and variances that tiles of a picture are normalised by, so that no seam shows. Within
    `with SharedStatistics():` the first picture that passes a norm decides, and every later one is
    normalised as that was (Chen et al. 2022, *thumbnail instance normalization*), by batch norms in
    training mode too. Enter it again to go on; other threads do not notice."""

    def __init__(self) -> None:
        self._statistics: dict[nn.Module, tuple[Tensor, Tensor]] = {}
        self._tokens: list[Token[SharedStatistics | None]] = []

    def __enter__(self) -> "SharedStatistics":
        self._tokens.append(_SHARED.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _SHARED.reset(self._tokens.pop())

    def statistics(self, norm: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (C,) of what `norm` saw first, if nothing yet of `x` (1, C, H, W)."""
        if norm not in self._statistics:
            variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
            self._statistics[norm] = mean, variance
        return self._statistics[norm]


class BlurDown(nn.Module):
    """Half size without aliasing (Zhang 2019): blurred by [1, 2, 1]², then every second pixel;
    borders are reflected. (N, C, H, W) to (N, C, ⌈H/2⌉, ⌈W/2⌉)."""

    def forward(self, x: Tensor) -> Tensor:
        return _blur(x, "reflect", stride=2)


class Noise(nn.Module):
    """Noise added to (N, C, H, W), the same in all channels but as strong as each has learnt, from
    nothing on (Karras et al. 2019, section 3.2): what hair is made of where nothing is drawn."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        noise = torch.randn(len(x), 1, *x.shape[2:], device=x.device, dtype=x.dtype)
        return x + self.strength * noise


def blur(x: Tensor) -> Tensor:
    """(N, C, H, W) blurred by [1, 2, 1]², borders replicated: no pixel-wise alternation is left."""
    return _blur(x, "replicate")


def _blur(x: Tensor, border: str, stride: int = 1) -> Tensor:
    # On the CPU six times faster than two average pools, which would give the same.
    taps = x.new_tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1,) * 4, mode=border), kernel, stride=stride, groups=x.shape[1])


def leaky_convs(channels: Sequence[int], strides: Sequence[int]) -> list[nn.Module]:
    """3×3 convolutions from each of `channels` to the next, with leaky ReLUs between them."""
    modules: list[nn.Module] = []
    for (before, after), stride in zip(itertools.pairwise(channels), strides, strict=True):
        modules += [nn.Conv2d(before, after, 3, stride, 1), nn.LeakyReLU(0.2, inplace=True)]
    return modules[:-1]


@torch.no_grad()
def initialise(network: nn.Module, kind: str = "normal", gain: float = 0.02) -> None:
    """Weights of convolutions and linear layers from N(0, gain²) ("normal": pix2pix, CycleGAN) or
    by Xavier with `gain` ("xavier": CUT), scales of norms from N(1, gain²), biases 0."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            if kind == "xavier":
                nn.init.xavier_normal_(module.weight, gain)
            else:
                nn.init.normal_(module.weight, 0.0, gain)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, gain)
            nn.init.zeros_(module.bias)
