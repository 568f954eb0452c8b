"""EfficientNet-Lite0 (Tan & Le 2019, table 1; Lite: Google 2020): the network that lets the studio
see. Its trunk, trained on ImageNet, comes in `weights/`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.errors import InputError, WeightsUnavailable
from i2i_core.networks.meta import on_meta_device

WEIGHTS = Path(__file__).parents[2] / "weights" / "efficientnet_lite0.safetensors"
CHANNELS = (16, 24, 40, 112, 320)  # of the feature maps, at strides 2, 4, 8, 16, 32
REDUCTIONS = (2, 4, 8, 16, 32)
# Expansion, channels, kernel, stride and repeats of the inverted residual blocks. Lite: neither
# squeeze-and-excitation nor swish, and a stem that is not scaled.
STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
ENDS = (0, 2, 4, 10, 15)  # the blocks whose outputs are the feature maps
STEM = 32
EPSILON = 1e-3  # of the published batch norms


class EfficientNetLite0(nn.Module):
    """The trunk: pictures (N, 3, H, W) in [0, 1], of any size, to feature maps (N, C, ⌈H/r⌉, ⌈W/r⌉)
    with C of CHANNELS and r of REDUCTIONS, one for each of `layers`, which number them from 0, fine
    to coarse. What lies beyond the last layer asked for is not built.

    Batch norms are folded into the convolutions: the network is only ever used frozen."""

    def __init__(self, layers: Sequence[int] = (0, 1, 2, 3, 4)) -> None:
        super().__init__()
        if not layers or not all(0 <= layer < len(ENDS) for layer in layers):
            raise InputError(f"Layers of EfficientNet-Lite0 are numbers from 0 to {len(ENDS) - 1}.")
        self.layers = tuple(layers)
        self.stem = SameConv2d(3, STEM, 3, 2)
        blocks: list[nn.Module] = []
        channels = STEM
        for expansion, out, kernel, stride, repeats in STAGES:
            for step in range(repeats):
                block = InvertedResidual(channels, out, kernel, 1 if step else stride, expansion)
                blocks.append(block)
                channels = out
        self.blocks = nn.ModuleList(blocks[: ENDS[max(layers)] + 1])

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x = F.relu6(self.stem((255 * pictures - 127) / 128))  # as Google's Lite variants are fed
        maps = {}
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in ENDS:
                maps[ENDS.index(number)] = x
        return [maps[layer] for layer in self.layers]


class InvertedResidual(nn.Module):
    """MobileNetV2's block (Sandler et al. 2018, figure 3): (N, in, H, W) to (N, out, H/s, W/s)."""

    def __init__(self, in_: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_ * expansion
        self.expand = SameConv2d(in_, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv2d(wide, out, 1)
        self.residual = stride == 1 and in_ == out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding "SAME": the odd pixel goes to the right and below."""

    def __init__(self, in_: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(in_, out, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        if kernel == 1:
            return super().forward(x)
        missing = [max(0, (-(-n // stride) - 1) * stride + kernel - n) for n in x.shape[-2:]]
        bottom, right = (n - n // 2 for n in missing)
        return super().forward(F.pad(x, (missing[1] // 2, right, missing[0] // 2, bottom)))


def fold_batch_norms(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of an EfficientNetLite0 from those of a published one, of Google's names or timm's:
    in order, convolutions each with the batch norm behind it; the head is left out."""
    names = list(EfficientNetLite0().state_dict())
    kernels = [name for name, value in published.items() if value.dim() == 4]
    norms = [name.removesuffix("running_mean") for name in published if "running_mean" in name]
    folded = {}
    for name, kernel, norm in zip(names[::2], kernels, norms, strict=False):
        scale = published[f"{norm}weight"] / (published[f"{norm}running_var"] + EPSILON).sqrt()
        folded[name] = published[kernel] * scale.view(-1, 1, 1, 1)
        bias = published[f"{norm}bias"] - published[f"{norm}running_mean"] * scale
        folded[name.replace("weight", "bias")] = bias
    return folded


@lru_cache(maxsize=8)
def efficientnet_lite0(layers: tuple[int, ...], device: str = "cpu") -> EfficientNetLite0:
    """`load_efficientnet_lite0` on `device`, once: shared by all who ask for these `layers`."""
    return load_efficientnet_lite0(layers).to(device)


def load_efficientnet_lite0(layers: Sequence[int]) -> EfficientNetLite0:
    """The network with its trained weights, frozen; a new one at each call, and no random number is
    drawn for it. Raises WeightsUnavailable where the weights are not beside the code."""
    from safetensors.torch import load_file

    if not WEIGHTS.is_file():
        raise WeightsUnavailable(
            f"The weights {WEIGHTS.name} are not in {WEIGHTS.parent}. Get the project whole, with "
            "its folder weights/; weights/README.md says how they are made."
        )
    with on_meta_device():
        network = EfficientNetLite0(layers)
    weights = load_file(WEIGHTS)
    single = {name: weights[name].float() for name in network.state_dict()}
    network.load_state_dict(single, assign=True)
    return network.eval().requires_grad_(False)
