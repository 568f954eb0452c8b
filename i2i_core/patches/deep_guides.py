"""A guide of structural analogy from deep features: what a published network finds similar.

Its weights are optional: see `networks.deep_features`."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize, resize_long_side
from i2i_core.networks.deep_features import DINO, DeepFeatures, usable

LAYER = 9  # of 12 blocks: deep enough for parts of things, not yet for the whole picture
SIDE = 320  # pixels of the longer side, 20 patches; a second for a pair on one busy core
COMPONENTS = 4
WITHOUT = 'The guide "deep features" is made of them: choose another guide.'
SPREAD = 12**-0.5  # the deviation of ranks, which most other guides are


def deep_features(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Parts that a self-supervised ViT describes alike correspond (Amir et al. 2022, sections 3 and
    4: joint principal components of DINO's features). `a`, `b` (1, 3, H, W) in [0, 1], any sizes,
    to (1, COMPONENTS, H, W) in [−1, 1]. WeightsUnavailable where the network cannot be had."""
    network = backbone().to(a.device)
    patch = network.reductions[-1]
    with torch.no_grad():
        inputs = [resize_long_side(x, SIDE, patch, patch) for x in (a, b)]
        maps = [F.normalize(network(x)[-1], dim=1) for x in inputs]
    # Each is centred by itself: or the first component would tell a drawing from a photograph.
    maps = [x - x.mean((2, 3), keepdim=True) for x in maps]
    points = [x[0].flatten(1) for x in maps]
    covariance = sum(x @ x.T / x.shape[1] for x in points) / 2
    # As in PatchPCA: the order and accuracy of eigenvectors must not depend on the device.
    variance, vectors = torch.linalg.eigh(torch.as_tensor(covariance).double().cpu())
    scale = SPREAD / variance[-1].clamp_min(1e-12).sqrt()
    basis = (vectors[:, -COMPONENTS:].flip(1) * scale).T.to(maps[0])
    guide_a, guide_b = (torch.einsum("kc,nchw->nkhw", basis, x) for x in maps)
    return resize(guide_a, a.shape[-2:]).clamp(-1, 1), resize(guide_b, b.shape[-2:]).clamp(-1, 1)


def deep_features_at_hand() -> bool:
    """Whether `deep_features` works without asking the network."""
    return usable(DINO)


@lru_cache(maxsize=1)
def backbone() -> DeepFeatures:
    """The network, loaded once."""
    return DeepFeatures(DINO, (LAYER,), without=WITHOUT)
