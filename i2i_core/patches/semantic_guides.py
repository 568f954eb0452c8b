"""What pictures show, place by place: features of EfficientNet-Lite0, and the guide made of them in
which the eyes of one animal answer to the eyes of another."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize, resize_long_side
from i2i_core.networks.efficientnet import REDUCTIONS, efficientnet_lite0

LAYERS = (2, 3, 4)  # strides 8, 16 and 32: parts, things, and what they are
LAYER_WEIGHTS = (0.5, 1.0, 1.0)
SIDE = 448  # pixels of the longer side that the network sees
COMPONENTS = 24  # of the guide
SPREAD = 12**-0.5  # the deviation of ranks, which most other guides are


def semantic_features(picture: Tensor, side: int = SIDE) -> Tensor:
    """Features (1, C, H', W') of `picture` (1, 3, H, W) in [0, 1], an eighth of its size when its
    longer side is brought to `side` pixels. Within each of LAYERS channels are standardised over
    the picture, which takes out style and light, and have unit length at each place: products are
    cosines, weighted by LAYER_WEIGHTS squared."""
    stride = REDUCTIONS[max(LAYERS)]
    with torch.no_grad():
        network = efficientnet_lite0(LAYERS, str(picture.device))
        maps = network(resize_long_side(picture, side, stride, stride))
    parts = []
    for features, weight in zip(maps, LAYER_WEIGHTS, strict=True):
        features = features - features.mean((2, 3), keepdim=True)
        features = features / (features.std((2, 3), keepdim=True) + 1e-4)
        features = weight * F.normalize(features, dim=1)
        size = maps[0].shape[-2:]
        parts.append(F.interpolate(features, size=size, mode="bilinear", align_corners=False))
    return torch.cat(parts, 1)


def joint_components(features: Sequence[Tensor], count: int = COMPONENTS) -> list[Tensor]:
    """The `count` joint principal components (1, count, H, W) of several pictures' features
    (1, C, H, W), as Amir et al. 2022 (section 4) show them; the first has the deviation SPREAD."""
    points = torch.cat([x[0].flatten(1) for x in features], 1)
    mean = points.mean(1, keepdim=True)
    # As in PatchPCA: the order and accuracy of eigenvectors must not depend on the device.
    covariance = torch.as_tensor((points - mean) @ (points - mean).T / points.shape[1])
    variance, vectors = torch.linalg.eigh(covariance.double().cpu())
    scale = SPREAD / variance[-1].clamp_min(1e-12).sqrt()
    basis = (vectors[:, -count:].flip(1) * scale).T.to(points)
    return [torch.einsum("kc,nchw->nkhw", basis, x - mean[None, :, :, None]) for x in features]


def semantic_guides(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Guides (1, COMPONENTS, H, W) of pictures `a` and `b` (1, 3, H, W) in [0, 1], any sizes."""
    guides = joint_components([semantic_features(a), semantic_features(b)])
    return resize(guides[0], a.shape[-2:]), resize(guides[1], b.shape[-2:])
