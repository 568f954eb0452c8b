"""The perceptual term in the fits of all methods: one loss more, or word that it is missing."""

import socket
import sys
from pathlib import Path

import pytest
import torch

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.networks.deep_features import EFFICIENTNET, VGG, WeightsUnavailable
from i2i_core.training import perceptual as perceptual_term
from tests.helpers import ROWS


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_without_weights_the_perceptual_term_is_left_out_and_that_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **settings: object) -> None:
        raise WeightsUnavailable(f"vgg16 cannot be had. {settings['without']}")

    monkeypatch.setattr(perceptual_term, "DeepFeatures", missing)
    row = ROWS[name]
    records = list(row.new(perceptual_weight=1.0).fit(row.a, row.b))
    assert "goes on without" in records[0].note
    assert [r.losses for r in records] == [r.losses for r in row.new().fit(row.a, row.b)]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_with_weights_the_perceptual_term_is_one_loss_more(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Blurred(torch.nn.Module):
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

        def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            return [torch.nn.functional.avg_pool2d(x, 4)]

    monkeypatch.setattr(perceptual_term, "DeepFeatures", Blurred)
    row = ROWS[name]
    method = row.new(perceptual_weight=1.0)
    first = next(iter(method.fit(row.a, row.b)))
    assert first.losses["perceptual"] > 0
    assert first.note == ""
    assert set(method.state_dict()) == set(row.new().state_dict())


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither timm nor any network."""

    def refused(*_: object) -> None:
        raise OSError("offline")

    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_the_studios_own_network_judges_offline_and_leaves_chance_alone(name: str) -> None:
    row = ROWS[name]
    with_term = next(iter(row.new(perceptual_weight=1.0).fit(row.a, row.b)))
    assert with_term.note == ""
    assert with_term.losses["perceptual"] > 0
    without = next(iter(row.new().fit(row.a, row.b)))
    rest = {loss for loss in with_term.losses if loss != "perceptual"}
    assert rest == set(without.losses)
    if name == "pix2pix":  # the same crops, dropout and generator: only the term is new
        assert with_term.losses["L1"] == without.losses["L1"]


PLAIN = {
    "pix2pix": {},
    "pix2pixhd": {"coarse": 0.0, "noise": False, "code": 0},  # of one size from the first step on
    "cyclegan": {"width": 8, "lowpass": 0, "antialias": False},
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", PLAIN)
def test_a_fit_with_the_term_comes_nearer_in_what_the_network_sees(name: str) -> None:
    row, seen = ROWS[name], []
    for weight in (50.0, 1e-6):  # as good as none
        settings = {**PLAIN[name], "learning_rate": 2e-3, "steps": 40}
        work = row.new(perceptual_weight=weight, **settings).fit(row.a, row.b)
        distances = [record.losses["perceptual"] / weight for record in work]
        seen.append((sum(distances[:8]), sum(distances[-8:])))
    (first, last), (_, without) = seen
    assert last < 0.95 * first
    assert last < without


@pytest.mark.usefixtures("offline")
def test_grey_pictures_are_judged_as_well() -> None:
    row = ROWS["pix2pix"]
    method = row.new(perceptual_weight=1.0, out_channels=1)
    assert next(iter(method.fit(row.a, row.b))).losses["perceptual"] > 0


def test_models_that_name_vgg_are_opened_and_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS["pix2pix"]
    method = row.new(perceptual_network=VGG, perceptual_weight=1.0)
    method.fitted = True
    save(method, tmp_path / "old.safetensors")
    again = load(tmp_path / "old.safetensors")
    assert again.config.perceptual_network == VGG
    monkeypatch.setitem(sys.modules, "timm", None)
    note = next(iter(again.fit(row.a, row.b))).note
    assert "goes on without" in note
    assert EFFICIENTNET in note
    assert row.new().config.perceptual_network == EFFICIENTNET
