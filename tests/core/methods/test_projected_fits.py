"""The methods whose discriminator may be a projected one: they learn with it, and keep it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.errors import InputError
from i2i_core.methods import METHODS
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.projected import ProjectedDiscriminator
from i2i_core.networks.stylegan2 import StyleGAN2Discriminator
from i2i_core.pipelines.inspection import score_patches
from tests.helpers import ROWS, A, B

NAMES = ("pix2pix", "pix2pixhd", "cut", "cyclegan", "swapping_autoencoder")
PROJECTED = {"crop_size": 32, "load_size": 32, "projected_width": 8, "steps": 2}
SWAPPING = {"warm_up": 0.0, "patch_size": 32}


def settings(name: str) -> dict[str, object]:
    more = {**PROJECTED, **(SWAPPING if name == "swapping_autoencoder" else {})}
    return METHODS[name].preset_settings("projected", **{**ROWS[name].settings, **more})


@pytest.mark.parametrize("name", NAMES)
def test_a_fit_with_it_moves_its_heads_and_the_file_keeps_them(name: str, tmp_path: Path) -> None:
    method = METHODS[name].from_settings(settings(name))
    judges = [m for m in method.modules() if isinstance(m, ProjectedDiscriminator)]
    assert judges
    others = [m for m in method.modules() if isinstance(m, PatchGAN | StyleGAN2Discriminator)]
    assert bool(others) == (name == "pix2pixhd")  # whose preset has both kinds
    before = [judge.heads[0][0].bias.clone() for judge in judges]  # type: ignore[index, union-attr]
    for record in method.fit(A, B):
        assert all(math.isfinite(loss) for loss in record.losses.values())
        assert any("adversarial" in loss for loss in record.losses)
    after = [judge.heads[0][0].bias for judge in judges]  # type: ignore[index, union-attr]
    assert not all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    save(method, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    kept = [m for m in again.modules() if isinstance(m, ProjectedDiscriminator)]
    for judge, copy in zip(judges, kept, strict=True):
        for one, other in zip(judge.state_dict().values(), copy.state_dict().values(), strict=True):
            assert torch.allclose(one, other)


@pytest.mark.parametrize("name", ["pix2pix", "pix2pixhd"])
def test_pairs_have_a_perceptual_term_of_what_was_seen(name: str) -> None:
    method = METHODS[name].from_settings(settings(name) | {"perceptual_weight": 1.0})
    losses = next(method.fit(A, B)).losses
    assert [value for loss, value in losses.items() if loss.startswith("perceptual") and value > 0]


def test_both_kinds_can_judge_together() -> None:
    both = METHODS["pix2pixhd"].from_settings(
        settings("pix2pixhd") | {"discriminator": "both", "coarse": 0.0}
    )
    kinds = {"coarse", "coarse projected", "fine", "fine projected"}
    assert {*both.fit_state.optimizers} == {"generator", *kinds}  # type: ignore[union-attr]
    *_, last = both.fit(A, B)
    assert {f"adversarial ({kind})" for kind in kinds if kind.startswith("fine")} <= {*last.losses}
    assert "matching (fine)" in last.losses
    assert "matching (fine projected)" not in last.losses


@pytest.mark.parametrize("name", ["cut", "cyclegan"])
def test_its_scores_are_seen_inside(name: str) -> None:
    method = METHODS[name].from_settings(settings(name) | {"augment": True})
    for _ in method.fit(A, B):
        pass
    scores = score_patches(method, A[0])
    assert np.array_equal(scores.values, score_patches(method, A[0]).values)  # nothing is drawn
    assert scores.values.min() >= 0
    assert scores.values.max() <= 1
    assert len(set(scores.values.ravel().tolist())) > 4


def test_without_slopes_there_is_no_wasserstein() -> None:
    with pytest.raises(InputError, match='choose the adversarial loss "hinge"'):
        METHODS["cut"].from_preset("projected", adversarial="wasserstein")
