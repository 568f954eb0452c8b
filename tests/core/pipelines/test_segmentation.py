"""Tests of automatic segmentation, of one photograph and of two together: drawn scenes, and the
photographs of scikit-image."""

import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment
from skimage import data

from i2i_core.errors import InputError
from i2i_core.labels import segmentation as old_place
from i2i_core.pipelines.segmentation import segment, segment_together


def accuracy(ids: np.ndarray, truth: np.ndarray) -> float:
    """Pixel accuracy under the best assignment of labels to true regions."""
    table = np.zeros((9, 9))
    np.add.at(table, (truth, ids), 1)
    return float(table[linear_sum_assignment(-table)].sum() / ids.size)


def meadow(height: int = 240, width: int = 320) -> tuple[Image.Image, np.ndarray]:
    """A sky with a strong gradient, a rough tree and a field of another green; and the truth."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width] / height
    truth = np.where(y < 0.7, 0, 1).astype(np.uint8)
    truth[(x - 0.6) ** 2 + (y - 0.45) ** 2 < 0.07] = 2
    sky = np.stack([40 + 140 * y, 90 + 120 * y, 190 + 60 * y], -1)
    field = np.array([150, 170, 60]) + rng.normal(0, 6, (height, width, 1))
    tree = np.array([40, 80, 35]) + rng.normal(0, 28, (height, width, 1))
    picture = np.choose(truth[..., None], [sky, field, tree])
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8)), truth


def test_a_gradient_stays_whole():
    photo, truth = meadow()
    ids = segment(photo, 3)
    assert ids.dtype == np.uint8
    assert ids.shape == truth.shape
    assert accuracy(ids, truth) > 0.97


def test_separate_objects_share_a_label_and_the_ground_stays_one():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:240, :240]
    truth = np.zeros((240, 240), np.uint8)
    for cx, cy in ((50, 60), (180, 50), (120, 180)):
        truth[(x - cx) ** 2 + (y - cy) ** 2 < 18**2] = 1
    lawn = np.array([110, 130, 60]) + 0.15 * y[..., None] + rng.normal(0, 8, (240, 240, 1))
    picture = np.where(truth[..., None] == 1, np.array([30, 25, 30]), lawn)
    photo = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    assert accuracy(segment(photo, 2), truth) > 0.98


def test_texture_alone_separates():
    rng = np.random.default_rng(2)
    truth = np.zeros((200, 200), np.uint8)
    truth[:, 100:] = 1
    grey = 128 + rng.normal(0, 1, (200, 200)) * np.where(truth, 40, 3)
    photo = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    assert accuracy(segment(photo, 2), truth) > 0.95


def test_a_small_object_that_stands_out_is_kept():
    picture = np.full((256, 256, 3), (150, 190, 230), np.uint8)
    picture[180:] = (60, 100, 40)
    picture[60:72, 100:112] = (20, 20, 20)
    ids = segment(Image.fromarray(picture), 3)
    assert ids[64, 106] not in (ids[20, 20], ids[220, 20])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_labels_of_photographs(name):
    photo = Image.fromarray(getattr(data, name)())
    ids = segment(photo, 4)
    assert ids.shape == photo.size[::-1]
    shares = np.bincount(ids.ravel()) / ids.size
    assert shares.size == 4
    assert (np.diff(shares) <= 0.01).all()  # by falling area
    np.testing.assert_array_equal(ids, segment(photo, 4))


def test_coffee_cup_is_parted_from_the_table():
    ids = segment(Image.fromarray(data.coffee()), 3)
    assert ids[190, 300] != ids[30, 60]


def test_a_large_photograph_is_cut_like_a_small_one():
    small, _ = meadow()
    ids = segment(small.resize((1600, 1200), Image.Resampling.BICUBIC), 3)
    assert ids.shape == (1200, 1600)
    assert accuracy(ids[2::5, 2::5], segment(small, 3)) > 0.95


def test_a_patterned_face_is_one_thing():
    """By colour the tabby cat falls into stripes; its face must not."""
    ids = segment(Image.fromarray(data.chelsea()), 3)
    face = ids[40:130, 130:230]
    assert np.bincount(face.ravel()).max() > 0.7 * face.size


def test_labels_mean_the_same_in_two_photographs():
    photo, truth = meadow()
    dusk = Image.fromarray((np.asarray(photo)[:, ::-1] * 0.7).astype(np.uint8)).resize((240, 180))
    there = np.asarray(Image.fromarray(truth[:, ::-1]).resize((240, 180), Image.Resampling.NEAREST))
    first, second = segment_together(photo, dusk, 3)
    assert first.shape == truth.shape
    assert second.shape == there.shape
    both = np.concatenate([first.ravel(), second.ravel()])
    assert accuracy(both, np.concatenate([truth.ravel(), there.ravel()])) > 0.9


def test_a_photograph_beside_itself_is_cut_the_same():
    photo = Image.fromarray(data.chelsea())
    first, second = segment_together(photo, photo, 4)
    assert (first == second).mean() > 0.98


def test_the_old_place_knows_it():
    assert old_place.segment is segment


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (2, 300)])
def test_tiny_pictures(size):
    assert segment(Image.new("RGB", size, "red"), 2).shape == size[::-1]


@pytest.mark.parametrize("classes", [1, 9])
def test_the_number_of_classes_is_checked(classes):
    photo = Image.new("RGB", (8, 8))
    with pytest.raises(InputError, match="2 to 8"):
        segment(photo, classes)
    with pytest.raises(InputError, match="2 to 8"):
        segment_together(photo, photo, classes)
