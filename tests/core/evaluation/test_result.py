"""Evaluation tables: a perfect result scores perfectly, a wrong one worse, in every column."""

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.evaluation.result import compare_pictures, evaluate_labels, evaluate_pictures

RED, BLUE, YELLOW = (220, 20, 20), (20, 20, 220), (230, 220, 30)


def photograph(edge: int = 32, seed: int = 0) -> torch.Tensor:
    """(1, 3, 48, 64): light sand left of column `edge`, dark sea right of it."""
    picture = torch.tensor([0.2, 0.3, 0.5]).view(1, 3, 1, 1).repeat(1, 1, 48, 64)
    picture[..., :edge] = torch.tensor([0.8, 0.7, 0.4]).view(1, 3, 1, 1)
    grain = torch.randn(1, 1, 48, 64, generator=torch.Generator().manual_seed(seed))
    return (picture + 0.05 * grain).clamp(0, 1)


def labels(edge: int = 32, scale: int = 1) -> Image.Image:
    pixels = np.full((48 * scale, 64 * scale, 3), BLUE, np.uint8)
    pixels[:, : edge * scale] = RED
    return Image.fromarray(pixels)


def test_a_copy_scores_perfectly() -> None:
    photo = photograph()
    scores = evaluate_pictures(photo, photo, photo)
    assert scores["coherence"] == pytest.approx(0, abs=0.5)
    assert scores["completeness"] == pytest.approx(0, abs=0.5)
    assert scores["sliced_wasserstein"] == pytest.approx(0, abs=1e-6)
    assert scores["self_similarity"] == pytest.approx(1, abs=1e-4)
    assert scores["feature_self_similarity"] == pytest.approx(1, abs=1e-4)
    assert scores["boundary_agreement"] == pytest.approx(1, abs=1e-4)
    assert all(type(value) is float for value in scores.values())


def test_a_picture_is_compared_with_the_one_that_it_should_be() -> None:
    from skimage import data

    cat = torch.from_numpy(data.chelsea()).permute(2, 0, 1)[None].float() / 255
    assert compare_pictures(cat, cat) == pytest.approx({"l1": 0, "ssim": 1, "feature_distance": 0})
    small = torch.nn.functional.interpolate(cat, scale_factor=0.1)
    blurred = torch.nn.functional.interpolate(small, cat.shape[-2:], mode="bilinear")
    darker = cat * 0.7
    # Darker pictures are farther by L1, but show the same as before; blurred ones hardly do.
    blur, dark = (compare_pictures(x, cat) for x in (blurred, darker))
    assert dark["l1"] > blur["l1"]
    assert dark["feature_distance"] < 0.5 * blur["feature_distance"]


def test_every_score_is_worse_for_another_picture() -> None:
    photo, other = photograph(), torch.rand(1, 3, 48, 64, generator=torch.Generator())
    good, bad = (evaluate_pictures(x, photo, photo) for x in (photo, other))
    for name in ("coherence", "completeness", "sliced_wasserstein"):
        assert bad[name] > good[name]
    for name in ("self_similarity", "feature_self_similarity", "boundary_agreement"):
        assert bad[name] < good[name]


def test_without_a_structure_nothing_is_said_of_it() -> None:
    photo = photograph()
    assert set(evaluate_pictures(photo, photo)) == {
        "coherence", "completeness", "sliced_wasserstein",
    }  # fmt: skip


def test_sizes_may_differ() -> None:
    small = torch.nn.functional.interpolate(photograph(), size=(24, 32))
    scores = evaluate_pictures(small, photograph(), photograph())
    assert scores["self_similarity"] > 0.8
    labelled = evaluate_labels(small, photograph(), labels(scale=2), labels(scale=3))
    assert labelled["accuracy"] > 0.85


def test_labels_are_read_off_the_result() -> None:
    photo = photograph()
    scores = evaluate_labels(photograph(16, seed=1), photo, labels(), labels(16))
    assert set(scores) == {"accuracy", "mean_iou", "mean_iou_ceiling"}
    assert scores["accuracy"] > 0.95
    assert scores["mean_iou"] > 0.85
    assert scores["mean_iou_ceiling"] > 0.95
    unchanged = evaluate_labels(photo, photo, labels(), labels(16))
    assert unchanged["accuracy"] == pytest.approx(0.75, abs=0.04)
    assert unchanged["mean_iou"] < scores["mean_iou"]


def test_exchanged_labels_score_nothing() -> None:
    flipped = Image.fromarray(np.asarray(labels())[:, ::-1].copy())
    scores = evaluate_labels(photograph(), photograph(), labels(), flipped)
    assert scores["accuracy"] < 0.05
    assert scores["mean_iou"] < 0.05


def test_labels_that_the_photograph_lacks_do_not_count() -> None:
    pixels = np.array(labels())
    pixels[10:20, 50:60] = YELLOW
    scores = evaluate_labels(photograph(), photograph(), labels(), Image.fromarray(pixels))
    assert scores["accuracy"] > 0.95
