"""How good a result is, by numbers that need no downloaded weights.

All take pictures (1, 3, H, W) in [0, 1]. Patch methods optimise coherence by construction, guides
of lightness favour `self_similarity`: report both, with copies of the inputs, and look."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import correlation, gaussian_blur, rank, resize, rgb_to_lab
from i2i_core.patches.search import augment_keys, augment_queries

PATCH = 7
LEAST_PATCHES = 30  # of a region, to speak of a distribution


def coherence(result: Tensor, source: Tensor, scales: int = 3, samples: int = 3000) -> float:
    """How far the patches of `result` are from those of `source`: 0 when every one occurs there.
    Mean over `scales` (each half the last) of the root mean squared distance, in grey levels of
    0 to 255, of `samples` random 7×7 patches to their nearest source patch. The first term of
    bidirectional similarity (Simakov et al. 2008, eq. 1); `completeness` is the second."""
    errors = []
    for a, b in zip(_scales(result, scales), _scales(source, scales), strict=True):
        random = torch.Generator().manual_seed(0)
        patches, candidates = F.unfold(a, PATCH)[0].T, F.unfold(b, PATCH)[0].T
        sample = torch.randperm(len(patches), generator=random)[:samples]
        queries = augment_queries(patches[sample.to(a.device)])
        columns = augment_keys(candidates).T.contiguous()
        nearest = torch.cat([(block @ columns).amin(1) for block in queries.split(512)])
        errors.append(255 * float((nearest.clamp_min(0) / patches.shape[1]).mean().sqrt()))
    return float(np.mean(errors))


def completeness(result: Tensor, source: Tensor, scales: int = 3, samples: int = 3000) -> float:
    """How far the patches of `source` are from those of `result`: 0 when nothing got lost."""
    return coherence(source, result, scales, samples)


def sliced_wasserstein(result: Tensor, source: Tensor, scales: int = 3) -> float:
    """Sliced Wasserstein distance of 7×7 patches over a pyramid (Karras et al. 2018, section 5),
    in standard deviations of the projected source patches: 0 for equal distributions."""
    quantiles = torch.linspace(0, 1, 512, device=result.device)
    values = []
    for a, b in zip(_scales(result, scales), _scales(source, scales), strict=True):
        directions = _directions(a)
        sorted_a, sorted_b = (
            _quantiles(F.conv2d(x, directions)[0].flatten(1), quantiles) for x in (a, b)
        )
        spread = sorted_b.std(0).mean().clamp_min(1e-6)
        values.append(float((sorted_a - sorted_b).abs().mean() / spread))
    return float(np.mean(values))


def matched_wasserstein(
    result: Tensor, source: Tensor, regions: tuple[Tensor, Tensor], scales: int = 3
) -> float:
    """Whether colours and textures landed on the right things: `sliced_wasserstein` of the patches
    within each of the `regions`, weighted by its share of the result.

    `regions` are memberships (1, K, h, w each, any size) of the structure picture, which the result
    has the layout of, and of `source` in K regions that match (`matched_regions`); a patch belongs
    to the one that its middle is most in. A region that at some scale has next to no patches in one
    of both is passed over there."""
    quantiles = torch.linspace(0, 1, 512, device=result.device)
    values = []
    for a, b in zip(_scales(result, scales), _scales(source, scales), strict=True):
        directions = _directions(a)
        projected_a, projected_b = (F.conv2d(x, directions)[0].flatten(1) for x in (a, b))
        labels_a, labels_b = (_patch_labels(*x) for x in zip(regions, (a, b), strict=True))
        total, weight = 0.0, 0
        for region in range(regions[0].shape[1]):
            inside_a, inside_b = labels_a == region, labels_b == region
            if min(int(inside_a.sum()), int(inside_b.sum())) < LEAST_PATCHES:
                continue
            pair = (projected_a[:, inside_a], projected_b[:, inside_b])
            sorted_a, sorted_b = (_quantiles(x, quantiles) for x in pair)
            spread = sorted_b.std(0).mean().clamp_min(1e-6)
            size = int(inside_a.sum())
            total += size * float((sorted_a - sorted_b).abs().mean() / spread)
            weight += size
        values.append(total / max(1, weight))
    return float(np.mean(values))


def self_similarity(result: Tensor, structure: Tensor, cells: int = 20) -> float:
    """Agreement of two layouts whatever they are made of, in [−1, 1]: Spearman's correlation of the
    distances between all pairs of `cells`² grid cells, described by mean Lab and local contrast.
    After the self-similarity loss of Kolkin et al. 2019 (STROTSS, eq. 8)."""
    pairs = torch.triu_indices(cells**2, cells**2, 1, device=result.device)
    grids = (_cells(picture, cells) for picture in (result, structure))
    return correlation(*(rank(torch.cdist(x, x)[pairs[0], pairs[1]]) for x in grids))


def boundary_agreement(result: Tensor, structure: Tensor) -> float:
    """Rank correlation, in [−1, 1], of the blurred edge strengths of two pictures of one size."""
    if result.shape != structure.shape:
        structure = resize(structure, result.shape[-2:]).clamp(0, 1)
    edges = (squared_gradient(x).sqrt() for x in (result, structure))
    return correlation(*(rank(gaussian_blur(x, 1.8)) for x in edges))


def _scales(picture: Tensor, count: int) -> list[Tensor]:
    pyramid = [picture]
    for _ in range(count - 1):
        height, width = (max(16, side // 2) for side in pyramid[-1].shape[-2:])
        pyramid.append(resize(pyramid[-1], (height, width)))
    return pyramid


def _directions(picture: Tensor) -> Tensor:
    """Random directions of patches (128, 3, PATCH, PATCH), of unit length, always the same."""
    random = torch.Generator().manual_seed(0)
    directions = torch.randn(128, 3, PATCH, PATCH, generator=random).to(picture)
    return F.normalize(directions.flatten(1), dim=1).view_as(directions)


def _patch_labels(memberships: Tensor, picture: Tensor) -> Tensor:
    """The region of each patch of `picture`, row by row."""
    margin = PATCH // 2
    full = F.interpolate(memberships, picture.shape[-2:], mode="bilinear", align_corners=False)
    return full[0, :, margin:-margin, margin:-margin].argmax(0).flatten()


def _quantiles(projected: Tensor, quantiles: Tensor) -> Tensor:
    """Of each row (D, N)."""
    return torch.quantile(projected[:, :: max(1, projected.shape[1] // 16000)], quantiles, dim=1)


def _cells(picture: Tensor, cells: int) -> Tensor:
    lab = rgb_to_lab(picture) / picture.new_tensor([50.0, 40.0, 40.0]).view(1, 3, 1, 1)
    light = lab[:, :1]
    contrast = gaussian_blur((light - gaussian_blur(light, 2.0)).square(), 2.0).sqrt()
    features = F.adaptive_avg_pool2d(torch.cat([lab, 2 * contrast], 1), (cells, cells))
    return features[0].flatten(1).T


def squared_gradient(picture: Tensor) -> Tensor:
    """The squared gradient of lightness, (1, 1, H, W), over two pixels each way."""
    light = rgb_to_lab(picture)[:, :1]
    gx = F.pad(light[..., 2:] - light[..., :-2], (1, 1, 0, 0))
    gy = F.pad(light[..., 2:, :] - light[..., :-2, :], (0, 0, 1, 1))
    return gx.square() + gy.square()
