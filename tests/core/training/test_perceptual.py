"""The perceptual term in the fits of all methods: one loss more, or word that it is missing."""

import pytest
import torch

from i2i_core.networks.deep_features import WeightsUnavailable
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


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_the_studios_own_network_judges_without_anything_fetched(name: str) -> None:
    """And the term is felt: weighed heavily, it falls."""
    row = ROWS[name]
    method = row.new(perceptual_weight=50.0, learning_rate=2e-3, steps=40)
    losses = [record.losses["perceptual"] for record in method.fit(row.a, row.b)]
    assert sum(losses[-4:]) < 0.95 * sum(losses[:4])
