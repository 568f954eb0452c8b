"""Teaching domains: two small collections or one picture each become a model's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header, save
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from i2i_core.finetuning.domains import (
    KINDS,
    domain_learner,
    finetune_domains,
    finetune_single_pair,
)
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig


def pictures(count: int, tint: tuple[int, int, int]) -> list[Image.Image]:
    random = np.random.default_rng(0)
    shapes = random.integers(0, 60, (count, 40, 52, 3))
    return [
        Image.fromarray((shape + tint).clip(0, 255).astype(np.uint8)).resize((150, 130))
        for shape in shapes
    ]


COLD, WARM = pictures(5, (20, 60, 150)), pictures(6, (180, 90, 20))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's networks, narrow."""
    for kind in (CUT, CycleGAN):
        laptop = {**kind.presets["laptop"], "width": 4, "blocks": 1, "discriminator_width": 4}
        laptop |= {"nce_layers": (0, 4, 12)} if kind is CUT else {}
        monkeypatch.setattr(kind, "presets", {"paper": {}, "laptop": laptop})


@pytest.mark.parametrize("kind", KINDS)
def test_two_collections_become_a_model(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "cold to warm.safetensors"
    records = list(finetune_domains(COLD, WARM, out, kind=kind, steps=4, about="Cold to warm"))
    assert "4 of 4 steps" in records[-1].note
    assert read_header(out)["about"] == "Cold to warm"
    model = load(out)
    assert model.has_training_networks
    assert model.two_way == (kind == "CycleGAN")
    sheet = records[-1].picture
    assert sheet is not None
    rows = 3 if model.two_way else 2  # there, and back again
    assert sheet.size[1] == rows * 256


def test_fastcut_is_more_faithful_by_its_settings() -> None:
    fast, plain = (domain_learner(kind, steps=3).config for kind in ("FastCUT", "CUT"))
    assert fast.nce_weight == 10
    assert fast.flip_equivariance
    assert not plain.flip_equivariance


def test_a_fit_goes_on_from_all_that_a_model_knows(tmp_path: Path) -> None:
    out = tmp_path / "first.safetensors"
    list(finetune_domains(COLD, WARM, out, kind="CUT", steps=3))
    known = load(out)
    for kind in ("CUT", "FastCUT"):
        further = domain_learner(kind, steps=3, start=out, seed=5)
        for ours, theirs in (
            (further.generator, known.generator), (further.projection, known.projection),
            (further.discriminator, known.discriminator), (further.average, known.average),
        ):  # fmt: skip
            state = theirs.state_dict()
            assert all(torch.equal(value, state[key]) for key, value in ours.state_dict().items())
    with pytest.raises(InputError, match="made by CycleGAN"):
        domain_learner("CycleGAN", steps=3, start=out)


def test_a_generator_of_one_direction_is_no_start(tmp_path: Path) -> None:
    method = CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4, both=False))
    method.fitted = True
    save(method, tmp_path / "one.safetensors")
    with pytest.raises(InputError, match="both directions"):
        domain_learner("CycleGAN", steps=3, start=tmp_path / "one.safetensors")


def test_known_pairs_are_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    look = ImplicitPairs.__getitem__
    monkeypatch.setattr(
        ImplicitPairs, "__getitem__", lambda self, i: asked.append(len(self)) or look(self, i)
    )
    pairs = (COLD[:2], WARM[:2])
    list(finetune_domains(COLD, WARM, tmp_path / "m.safetensors", steps=2, pairs=pairs))
    assert {7, 8} >= set(asked) >= {7}  # 5 and 6 pictures, and a quarter of pairs


def test_stop_keeps_what_was_learnt(tmp_path: Path) -> None:
    out, stop = tmp_path / "m.safetensors", tmp_path / "stop"
    stop.touch()
    records = list(finetune_domains(COLD, WARM, out, steps=500, stop=stop))
    assert "Stopped" in records[-1].note
    assert 0 < int(read_header(out)["step"]) < 5


def test_one_picture_each(tmp_path: Path) -> None:
    out = tmp_path / "one.safetensors"
    *_, last = finetune_single_pair(COLD[0], WARM[0], out, steps=2)
    assert last.picture is not None
    assert load(out).translate(COLD[0]).size == COLD[0].size


@pytest.mark.parametrize("settings", [{"kind": "pix2pix"}, {"steps": 0}])
def test_what_cannot_be_is_refused(settings: dict, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(finetune_domains(COLD, WARM, tmp_path / "m.safetensors", **settings))
    assert not list(tmp_path.iterdir())
