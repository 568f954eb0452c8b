"""How near a set of pictures is to another, picture by picture or as a distribution.

Sets are gone through one picture at a time: of each, patches are kept, bounded in all, and what a
network sees in it, which is one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.networks.deep_features import DeepFeatures

PATCH = 7
DIRECTIONS = 128
MAX_PATCHES = 16384  # of a set at each scale: 8 MB of projections
MAX_PICTURE_PATCHES = 2048  # of a picture at each scale
FEATURE_SIDE = 224  # pixels, as most published networks were trained
SUBSET, SUBSETS = 1000, 100  # pictures, and how often so many, where there are more


class PatchSet:
    """The 7×7 patches of a set of pictures on random directions, at `scales` sizes, each half the
    last. `pictures` tells about how many will be added, to share the room among them."""

    def __init__(self, pictures: int, scales: int = 3) -> None:
        self.each = min(MAX_PICTURE_PATCHES, max(1, MAX_PATCHES // max(1, pictures)))
        self.levels: list[list[Tensor]] = [[] for _ in range(scales)]
        random = torch.Generator().manual_seed(0)
        directions = torch.randn(DIRECTIONS, 3 * PATCH * PATCH, generator=random)
        self.directions = F.normalize(directions, dim=1)

    def add(self, picture: Tensor) -> None:
        """Random patches of `picture` (1, 3, H, W) in [0, 1], from the same places in all sets."""
        picture = picture.detach().cpu()
        random = torch.Generator().manual_seed(len(self.levels[0]))
        for level, projections in enumerate(self.levels):
            if level:
                height, width = (max(16, side // 2) for side in picture.shape[-2:])
                picture = resize(picture, (height, width))
            windows = picture[0].unfold(1, PATCH, 1).unfold(2, PATCH, 1)
            sides = windows.shape[1:3]
            rows, columns = (torch.randint(n, (self.each,), generator=random) for n in sides)
            patches = windows[:, rows, columns].transpose(0, 1).flatten(1)
            projections.append(self.directions @ patches.T)

    def __add__(self, other: PatchSet) -> PatchSet:
        """Both sets together."""
        union = PatchSet(1, len(self.levels))
        union.levels = [a + b for a, b in zip(self.levels, other.levels, strict=True)]
        return union

    def quantiles(self, level: int, count: int = 512) -> Tensor:
        """(DIRECTIONS, count): evenly spaced quantiles of the projections at one scale."""
        # NumPy's sort of rows is several times as fast as PyTorch's on the CPU.
        ordered = torch.from_numpy(np.sort(torch.cat(self.levels[level], 1).numpy(), axis=1))
        places = torch.linspace(0, ordered.shape[1] - 1, count)
        low, high = places.floor().long(), places.ceil().long()
        return torch.lerp(ordered[:, low], ordered[:, high], places.frac())

    def distance(self, source: PatchSet) -> float:
        """Sliced Wasserstein distance (Karras et al. 2018, section 5) of this set's patches to
        those of `source`, in standard deviations of the latter's projections: mean over scales."""
        values = []
        for level in range(len(self.levels)):
            ours, theirs = self.quantiles(level), source.quantiles(level)
            spread = theirs.std(1).mean().clamp_min(1e-6)
            values.append(float((ours - theirs).abs().mean() / spread))
        return sum(values) / len(values)


class FeatureSet:
    """What a network sees in a set of pictures: the deepest feature maps, averaged over places.

    A picture's `key` says which pictures of two sets show the same thing, as pairs do: their
    features are not drawn independently, which the kernel distance has to know."""

    def __init__(self) -> None:
        self.vectors: list[Tensor] = []
        self.keys: list[int] = []
        self.moments = Moments()

    def add(self, maps: Sequence[Tensor], key: int = -1) -> None:
        """Take the feature maps (1, C, H, W) of a picture, see `look`; a negative key is none."""
        self.vectors.append(maps[-1].mean((2, 3)).cpu())
        self.keys.append(key)
        self.moments.add(self.vectors[-1])

    def __add__(self, other: FeatureSet) -> FeatureSet:
        """Both sets together."""
        union = FeatureSet()
        union.vectors, union.keys = self.vectors + other.vectors, self.keys + other.keys
        union.moments = self.moments + other.moments
        return union

    def kernel_distance(self, other: FeatureSet) -> float:
        """`kernel_distance` of both sets' features."""
        keys, others = torch.tensor(self.keys)[:, None], torch.tensor(other.keys)
        same = (keys == others) & (keys >= 0)
        return kernel_distance(torch.cat(self.vectors), torch.cat(other.vectors), same)

    def frechet_distance(self, other: FeatureSet) -> float:
        """`frechet_distance` of both sets' features."""
        return frechet_distance(self.moments, other.moments)


@torch.no_grad()
def look(network: DeepFeatures, picture: Tensor) -> list[Tensor]:
    """The feature maps (1, C, H, W) of a picture (1, 3, H, W) in [0, 1], squeezed to FEATURE_SIDE
    pixels a side, on the network's device."""
    square = resize(picture.to(network.mean.device), (FEATURE_SIDE, FEATURE_SIDE))
    maps: list[Tensor] = network(square.clamp(0, 1))
    return maps


class Moments:
    """Mean and covariance of feature vectors that come by and by."""

    def __init__(self) -> None:
        self.count = 0
        self.sum: Tensor | float = 0.0
        self.squares: Tensor | float = 0.0

    def add(self, features: Tensor) -> None:
        """Take vectors (N, D)."""
        rows = features.detach().double().cpu()
        self.count += len(rows)
        self.sum = self.sum + rows.sum(0)
        self.squares = self.squares + rows.T @ rows

    def __add__(self, other: Moments) -> Moments:
        """Of both sets together."""
        union = Moments()
        union.count = self.count + other.count
        union.sum, union.squares = self.sum + other.sum, self.squares + other.squares
        return union

    @property
    def mean(self) -> Tensor:
        """(D,)"""
        return torch.as_tensor(self.sum) / self.count

    @property
    def covariance(self) -> Tensor:
        """(D, D), unbiased; of two vectors or more."""
        outer = torch.outer(self.mean, self.mean)
        return (torch.as_tensor(self.squares) - self.count * outer) / (self.count - 1)


def frechet_distance(a: Moments, b: Moments) -> float:
    """The squared Fréchet distance of two Gaussians (Heusel et al. 2017, eq. 6):
    |m − n|² + tr(C + D − 2 (C D)^½). Of features of Inception-v3 it would be FID.

    It is biased upwards: covariances of few pictures seem farther apart than they are, all the more
    where there are fewer pictures than features. Of EfficientNet-Lite0's 320 it is 468 for two sets
    of 40 photographs of landscapes, 140 for two of 300, where their kernel distance is about 0 in
    both cases. Compare sets of one size only, and of less than thousands use `kernel_distance`."""
    values, vectors = torch.linalg.eigh(a.covariance)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T  # C^½; rounding may leave values < 0
    # (C D)^½ has the eigenvalues of the symmetric (C^½ D C^½)^½, which are real.
    cross = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp_min(0).sqrt().sum()
    traces = a.covariance.trace() + b.covariance.trace() - 2 * cross
    return max(0.0, float((a.mean - b.mean).square().sum() + traces))


def kernel_distance(a: Tensor, b: Tensor, same: Tensor | None = None) -> float:
    """The squared maximum mean discrepancy of features (N, D) and (M, D), two or more each, under
    the kernel (x·y / D + 1)³ (Bińkowski et al. 2018, section 4); about 0, or a little less, for two
    samples of one distribution. Of Inception-v3's features it would be KID. It is unbiased (Gretton
    et al. 2012, lemma 6): few pictures make it noisy, not large.

    `same` (N, M), bool: which of both show the same thing and are not compared (there, eq. 4). Of
    more than SUBSET features it is the mean over SUBSETS random subsets."""
    same = torch.zeros(len(a), len(b), dtype=torch.bool) if same is None else same
    if max(len(a), len(b)) <= SUBSET:
        return _discrepancy(a.double(), b.double(), same)
    random = torch.Generator().manual_seed(0)
    values = []
    for _ in range(SUBSETS):
        i, j = (torch.randperm(len(x), generator=random)[:SUBSET] for x in (a, b))
        values.append(_discrepancy(a[i].double(), b[j].double(), same[i][:, j]))
    return sum(values) / SUBSETS


def _discrepancy(a: Tensor, b: Tensor, same: Tensor) -> float:
    kernels = [(x @ y.T / x.shape[1] + 1) ** 3 for x, y in ((a, a), (b, b), (a, b))]
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in kernels[:2]]
    return float(within[0] + within[1] - 2 * kernels[2][~same].mean())


def feature_distance(result: Sequence[Tensor], target: Sequence[Tensor]) -> float:
    """How differently two pictures are seen, by their feature maps (1, C, H, W), a layer each: the
    squared distance of features of unit length, mean over places, summed over layers, as LPIPS
    (Zhang et al. 2018, eq. 1) without its weights learnt from people: 0 to 4 times the layers."""
    pairs = zip(result, target, strict=True)
    unit = ((F.normalize(x, dim=1), F.normalize(y, dim=1)) for x, y in pairs)
    return sum(float((x - y).square().sum(1).mean()) for x, y in unit)


def l1_levels(result: Tensor, target: Tensor) -> float:
    """Mean absolute difference of two pictures of one size (1, 3, H, W), in grey levels (0–255)."""
    return 255 * float((result - target).abs().mean())


def ssim(result: Tensor, target: Tensor) -> float:
    """Structural similarity (Wang et al. 2004, eq. 13, with its Gaussian window of 1.5 pixels), the
    mean over channels, in [−1, 1], of pictures (1, 3, H, W) in [0, 1], 11 pixels a side or more."""
    from skimage.metrics import structural_similarity

    one, other = (x[0].detach().cpu().numpy() for x in (result, target))
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(one, other, channel_axis=0, data_range=1.0, **window))
