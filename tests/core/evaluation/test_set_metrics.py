"""Distances of sets and pairs of pictures, beside what they are by definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from i2i_core.evaluation import set_metrics
from i2i_core.evaluation.set_metrics import (
    FeatureSet,
    Moments,
    PatchSet,
    feature_distance,
    frechet_distance,
    kernel_distance,
    l1_levels,
    look,
    ssim,
)
from i2i_core.images.tensors import to_tensor
from i2i_core.networks.deep_features import DeepFeatures


def distance(result: Sequence[Tensor], source: Sequence[Tensor]) -> float:
    """The sliced Wasserstein distance of two sets of pictures."""
    sets = PatchSet(len(result)), PatchSet(len(source))
    for patches, pictures in zip(sets, (result, source), strict=True):
        for picture in pictures:
            patches.add(picture)
    return sets[0].distance(sets[1])


def test_equal_sets_are_no_distance_apart_and_others_are(pairs: Any) -> None:
    photos = [to_tensor(photo) for photo in pairs[1]]
    maps = [to_tensor(label_map) for label_map in pairs[0]]
    assert distance(photos, photos) == pytest.approx(0, abs=1e-6)
    halves = distance(photos[:6], photos[6:])
    assert halves < 0.2
    assert distance(photos, maps) > 3 * halves


def test_the_set_counts_and_not_which_picture_has_what() -> None:
    random = torch.Generator().manual_seed(0)
    dark = 0.4 * torch.rand(1, 3, 64, 64, generator=random)
    light = 0.6 + 0.4 * torch.rand(1, 3, 64, 64, generator=random)
    assert distance([dark, light], [light, dark]) < 0.05
    assert distance([dark, dark], [light, dark]) > 0.3


def test_a_shift_is_measured_in_standard_deviations() -> None:
    random = torch.Generator().manual_seed(0)
    source = [torch.rand(1, 3, 48, 48, generator=random) for _ in range(4)]
    measured = PatchSet(4, scales=1), PatchSet(4, scales=1)
    for picture in source:
        measured[0].add(picture + 0.1)
        measured[1].add(picture)
    # As in the test of metrics.sliced_wasserstein.
    expected = 0.1 * (2 / np.pi) ** 0.5 * 12**0.5
    assert measured[0].distance(measured[1]) == pytest.approx(expected, rel=0.1)


def test_a_set_takes_bounded_memory_and_unites() -> None:
    large = PatchSet(10_000)
    large.add(torch.rand(1, 3, 32, 32))
    assert large.levels[0][0].shape[1] <= 4
    noise = [torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(i)) for i in (0, 1)]
    one, other, both = PatchSet(2), PatchSet(2), PatchSet(2)
    one.add(noise[0])
    other.add(noise[1])
    for picture in noise:
        both.add(picture)
    union = one + other
    assert len(union.levels[0]) == 2
    assert len(one.levels[0]) == 1
    assert union.distance(both) < 0.05


# Deep features, as Gaussians.


def test_frechet_distance_of_known_gaussians() -> None:
    def moments(mean: Sequence[float], deviations: Sequence[float]) -> Moments:
        # Every sign of every axis: mean and covariance come out exactly.
        corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * len(mean)).double()
        scale = torch.tensor(deviations).double() * (1 - 1 / len(corners)) ** 0.5
        found = Moments()
        for corner in corners * scale + torch.tensor(mean).double():
            found.add(corner[None])
        return found

    a, b = moments((0, 0), (1, 2)), moments((3, 4), (2, 2))
    assert a.mean.tolist() == pytest.approx([0, 0])
    assert a.covariance.tolist() == [pytest.approx([1, 0]), pytest.approx([0, 4])]
    # |(3, 4)|² + (1 − 2)² + (2 − 2)²
    assert frechet_distance(a, b) == pytest.approx(26)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute() -> None:
    random = torch.Generator().manual_seed(0)
    a, b = Moments(), Moments()
    a.add(torch.randn(50, 3, generator=random) @ torch.randn(3, 3, generator=random))
    b.add(torch.randn(50, 3, generator=random) @ torch.randn(3, 3, generator=random) + 1)
    product = np.linalg.eigvals((a.covariance @ b.covariance).numpy())
    cross = np.sqrt(product.astype(complex)).real.sum()
    by_definition = float((a.mean - b.mean).square().sum())
    by_definition += float(a.covariance.trace() + b.covariance.trace()) - 2 * cross
    assert frechet_distance(a, b) == pytest.approx(by_definition)
    assert frechet_distance(b, a) == pytest.approx(by_definition)
    assert torch.allclose((a + a).mean, a.mean)
    assert (a + b).count == 100


def test_kernel_distance_by_definition_and_unbiased() -> None:
    a, b = torch.tensor([[1.0, 0], [0, 2], [1, 1]]), torch.tensor([[2.0, 1], [0, 0]])

    def kernel(x: torch.Tensor, y: torch.Tensor) -> float:
        return float((x @ y / 2 + 1) ** 3)

    within_a = sum(kernel(a[i], a[j]) for i in range(3) for j in range(3) if i != j) / 6
    within_b = kernel(b[0], b[1])
    across = sum(kernel(x, y) for x in a for y in b) / 6
    assert kernel_distance(a, b) == pytest.approx(within_a + within_b - 2 * across)
    random = torch.Generator().manual_seed(0)
    same = [kernel_distance(*torch.randn(2, 20, 5, generator=random)) for _ in range(200)]
    assert abs(sum(same) / 200) < 0.1  # a biased one would say about 0.5 here
    assert kernel_distance(torch.randn(20, 5, generator=random), torch.ones(20, 5)) > 3


def test_pairs_do_not_bring_sets_of_one_kind_nearer() -> None:
    """Of pairs that are equal, the distance is that of any two samples: about 0, not below."""
    random = torch.Generator().manual_seed(0)
    values = []
    for _ in range(100):
        a, same = torch.randn(20, 5, generator=random), torch.eye(20, dtype=torch.bool)
        values.append((kernel_distance(a, a, same), kernel_distance(a, a)))
    aside, along = (sum(column) / 100 for column in zip(*values, strict=True))
    assert aside == pytest.approx(0, abs=1e-6)
    assert along < -0.1


def test_large_sets_are_compared_in_subsets(monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(0)
    a, b = torch.randn(300, 5, generator=random), torch.randn(200, 5, generator=random) + 1
    whole = kernel_distance(a, b)
    monkeypatch.setattr(set_metrics, "SUBSET", 50)
    assert kernel_distance(a, b) == pytest.approx(whole, rel=0.1)
    assert kernel_distance(a, b) == kernel_distance(a, b)


def test_sets_are_what_a_network_sees_in_their_pictures() -> None:
    from skimage import data

    def pieces(name: str, first: int) -> FeatureSet:
        pixels = torch.from_numpy(getattr(data, name)()).permute(2, 0, 1)[None] / 255
        features = FeatureSet()
        for k in range(first, 16, 2):
            x, y = 40 * (k % 4), 20 * (k // 4)
            features.add(look(network, pixels[..., y : y + 200, x : x + 200]), k)
        return features

    network = DeepFeatures(layers=(4,))
    cat, same_cat, cup = pieces("chelsea", 0), pieces("chelsea", 1), pieces("coffee", 0)
    assert torch.cat(cat.vectors).shape == (8, 320)
    assert cat.kernel_distance(same_cat) < 0.1 * cat.kernel_distance(cup)
    assert cat.frechet_distance(same_cat) < 0.5 * cat.frechet_distance(cup)
    assert (cat + cup).keys == cat.keys + cup.keys
    # Of few pictures there is a Fréchet distance where there is no difference to speak of.
    assert cat.frechet_distance(same_cat) > 0


def test_feature_distance_by_hand() -> None:
    one, other = torch.zeros(1, 2, 1, 2), torch.zeros(1, 2, 1, 2)
    one[0, 0], other[0, 0, 0, 0], other[0, 1, 0, 1] = 3.0, 5.0, 1.0
    # The first place looks the same, however strongly; at the second, unit vectors at right angles.
    assert feature_distance([one], [other]) == pytest.approx(1)
    assert feature_distance([one, one], [other, one]) == pytest.approx(1)


# Pairs.


def test_l1_and_ssim_by_hand() -> None:
    grey = torch.full((1, 3, 16, 16), 0.4)
    assert l1_levels(grey + 10 / 255, grey) == pytest.approx(10, abs=1e-3)
    assert ssim(grey, grey) == pytest.approx(1)
    # Of flat pictures only the term of luminance is left: (2 m n + c) / (m² + n² + c), c = 0.01².
    expected = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert ssim(grey + 0.2, grey) == pytest.approx(expected, abs=1e-4)
