"""The numbers that judge results: perfect on copies, right by hand, and blind to nothing else."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from i2i_core.evaluation.label_reader import LabelReader, label_agreement
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.metrics import (
    boundary_agreement,
    coherence,
    completeness,
    self_similarity,
    sliced_wasserstein,
)


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(Image.fromarray(data.coffee()).resize((96, 64)))


@pytest.fixture(scope="module")
def other() -> torch.Tensor:
    return to_tensor(Image.fromarray(data.chelsea()).resize((90, 60)))


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def test_a_copy_is_perfect(photo):
    assert coherence(photo, photo) < 0.1
    assert completeness(photo, photo) < 0.1
    assert sliced_wasserstein(photo, photo) == pytest.approx(0, abs=1e-6)
    assert self_similarity(photo, photo) == pytest.approx(1, abs=1e-5)
    assert boundary_agreement(photo, photo) == pytest.approx(1, abs=1e-5)


def test_another_picture_is_worse(photo, other):
    assert coherence(other, photo) > 5
    assert sliced_wasserstein(other, photo) > 0.1
    assert self_similarity(other, photo) < 0.6
    assert boundary_agreement(other, photo) < 0.6


def test_coherence_is_the_distance_in_grey_levels():
    grey, lighter = torch.full((1, 3, 20, 20), 0.5), torch.full((1, 3, 20, 20), 0.5 + 10 / 255)
    assert coherence(lighter, grey, scales=1) == pytest.approx(10, abs=0.05)


def test_what_got_lost_is_incomplete_yet_coherent():
    whole = noise(40, 60)
    half = whole[..., :30].contiguous()
    assert coherence(half, whole, scales=1) < 0.1
    assert completeness(half, whole, scales=1) > 20


def test_swapped_halves_keep_the_patches_but_not_the_layout(photo):
    swapped = torch.cat([photo[..., 48:], photo[..., :48]], 3)
    assert coherence(swapped, photo) < 0.4 * coherence(noise(64, 96), photo)
    assert sliced_wasserstein(swapped, photo) < 0.2
    assert self_similarity(swapped, photo) < 0.7


def test_self_similarity_does_not_ask_what_a_layout_is_made_of(photo):
    assert self_similarity(1 - photo, photo) > 0.7
    assert self_similarity(photo.roll(1, 1), photo) > 0.5
    assert abs(self_similarity(noise(64, 96), photo)) < 0.2


def test_boundaries_may_differ_in_size_and_colour(photo):
    large = torch.nn.functional.interpolate(photo, scale_factor=2, mode="bicubic").clamp(0, 1)
    assert boundary_agreement(photo, large) > 0.9
    assert boundary_agreement(0.5 * photo, photo) > 0.95


def test_sliced_wasserstein_is_in_standard_deviations():
    source = noise(80, 80)
    assert sliced_wasserstein(noise(80, 80, 1), source, scales=1) < 0.1
    # A shift moves a projection by itself times the sum of the direction, a random unit vector's:
    # normally distributed, so sqrt(2 / pi) in the mean. Uniform noise deviates by sqrt(1 / 12).
    expected = 0.1 * (2 / np.pi) ** 0.5 * 12**0.5
    assert sliced_wasserstein(source + 0.1, source, scales=1) == pytest.approx(expected, rel=0.1)


def test_label_agreement_by_hand():
    wanted = np.array([[0, 0, 1, 1]], np.uint8)
    assert label_agreement(wanted, wanted) == (1, 1)
    accuracy, iou = label_agreement(np.array([[0, 1, 1, 2]], np.uint8), wanted)
    assert accuracy == 0.5
    assert iou == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert label_agreement(np.full((1, 4), 7, np.uint8), wanted) == (0, 0)


def test_the_label_reader_tells_textures_apart():
    def striped(ids: np.ndarray, seed: int) -> torch.Tensor:
        y, x = np.indices(ids.shape)
        wave = np.where(ids == 0, np.sin(2 * np.pi * y / 6), np.sin(2 * np.pi * x / 6))
        grain = np.random.default_rng(seed).standard_normal((3, *ids.shape))
        return torch.from_numpy(0.5 + 0.3 * wave + 0.05 * grain).float()[None].clamp(0, 1)

    seen = np.zeros((60, 60), np.uint8)
    seen[:, 30:] = 1
    elsewhere = np.ones((50, 70), np.uint8)
    elsewhere[25:] = 0
    reader = LabelReader(striped(seen, 0), seen)
    assert label_agreement(reader.read(striped(seen, 0)), seen)[1] > 0.9
    accuracy, iou = label_agreement(reader.read(striped(elsewhere, 1)), elsewhere)
    assert accuracy > 0.93
    assert iou > 0.87
