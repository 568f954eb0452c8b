"""Which hypothesis fits: the score of objects by hand, and trials that can be compared."""

import numpy as np
import pytest
import torch

from i2i_core.patches import guide_trials
from i2i_core.patches.guide_trials import TRIAL_SIDE, objects_kept, try_correspondences
from i2i_core.patches.structure_guides import CORRESPONDENCES


def squares(*places: tuple[int, int], side: int = 4, size: int = 24) -> np.ndarray:
    ids = np.zeros((size, size), np.int32)
    for i, (y, x) in enumerate(places, start=1):
        ids[y : y + side, x : x + side] = i
    return ids


TWO = squares((2, 2), (12, 12))


def test_all_objects_in_their_places_are_perfect():
    assert objects_kept(TWO, TWO) == 1
    assert objects_kept(TWO, squares((12, 12), (2, 2))) == 1  # numbers do not matter
    assert objects_kept(TWO, TWO * 5) == 1


def test_lost_merged_moved_and_invented_objects_by_hand():
    assert objects_kept(TWO, squares()) == 0
    # One lost: the found one is perfect, of the wanted ones one of two.
    assert objects_kept(TWO, squares((2, 2))) == pytest.approx(0.5)
    # One invented, of three.
    assert objects_kept(TWO, squares((2, 2), (12, 12), (2, 18))) == pytest.approx(2 / 3)
    # Merged: each wanted square has 16 of the 32 pixels, 2 * 16 / (16 + 32).
    assert objects_kept(TWO, np.minimum(TWO, 1)) == pytest.approx(2 / 3)
    # Moved by half a side: 8 pixels in common, 2 * 8 / (16 + 16).
    assert objects_kept(TWO, np.roll(TWO, 2, 0)) == pytest.approx(0.5)
    assert objects_kept(TWO, np.roll(TWO, 5, 0)) == 0


def test_it_does_not_count_where_no_objects_are_wanted():
    assert objects_kept(squares(), TWO) == 0
    many = squares(*((y, x) for y in range(0, 20, 4) for x in range(0, 20, 4)), side=3)
    assert objects_kept(many, many) == 0  # 25: a texture
    assert objects_kept(np.ones((9, 9), np.int32), np.ones((9, 9), np.int32)) == 0


def test_features_count_only_where_meaning_may_decide(monkeypatch):
    """Among textures they would choose the wrong polarity: light cracks for dark ones."""
    asked = []

    def counted(picture):
        asked.append(picture)
        return torch.arange(4.0)

    monkeypatch.setattr(guide_trials, "feature_self_similarity", counted)
    a, b = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    (without,) = try_correspondences(a, b, ["lightness"])
    assert not asked
    first, _ = try_correspondences(a, b, ["lightness", "semantic"])
    assert len(asked) == 3  # of the structure, and of each result
    assert first.score == pytest.approx(without.score + 1)


def test_every_correspondence_is_tried_once():
    random = torch.Generator().manual_seed(0)
    a, b = torch.rand(1, 3, 40, 60, generator=random), torch.rand(1, 3, 50, 50, generator=random)
    a[..., 10:30, 20:40] *= 0.2
    names = list(CORRESPONDENCES)[:4]
    trials = list(try_correspondences(a, b, names))
    assert [trial.name for trial in trials] == names
    for trial in trials:
        assert trial.total == len(trials)
        assert np.isfinite(trial.score)
        assert trial.picture.shape[-1] == TRIAL_SIDE
        assert trial.picture.isfinite().all()
