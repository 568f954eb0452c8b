"""SinCUT: its crops, and the size that it paints at."""

from typing import Any

import pytest
import torch
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.methods.sincut import SinCUT, SinCUTConfig, ZoomedCrops
from tests.helpers import ROWS, A, B


def test_sincut_crops_come_from_its_pictures_at_the_wanted_zooms() -> None:
    config = SinCUTConfig(crop_size=16, load_size=48, batch=4)
    source = ZoomedCrops(Image.new("RGB", (90, 60), (255, 0, 0)), B[0], config)
    a, b = source[3]
    assert a.shape == b.shape == (4, 3, 16, 16)
    assert torch.allclose(a, torch.tensor([1.0, -1, -1]).view(1, 3, 1, 1).expand_as(a), atol=1e-4)
    assert torch.equal(b, source[3][1])
    assert not torch.equal(b, source[4][1])
    with pytest.raises(InputError, match="zoom"):
        SinCUTConfig(crop_size=64, load_size=100)


def test_sincut_translates_any_size() -> None:
    row = ROWS["sincut"]
    method = row.new()
    next(iter(method.fit(row.a, row.b)))
    for size in ((33, 47), (120, 18)):
        assert method.translate(A[0].resize(size)).size == size


def test_sincut_paints_at_the_size_it_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS["sincut"]
    method = row.new()
    next(iter(method.fit(row.a, row.b)))
    sizes = []
    through = type(method).forward

    def watched(self: SinCUT, source: torch.Tensor, *more: Any, **settings: Any) -> torch.Tensor:
        sizes.append(tuple(source.shape[-2:]))
        return through(self, source, *more, **settings)

    monkeypatch.setattr(SinCUT, "forward", watched)
    assert method.translate(A[0].resize((400, 300))).size == (400, 300)
    assert sizes == [(48, 64)]  # its load_size is 48


def test_layers_to_compare_must_be_the_encoders() -> None:
    with pytest.raises(InputError, match="layers"):
        SinCUTConfig(nce_layers=())
    with pytest.raises(InputError, match="from 0 to 5"):
        SinCUTConfig(nce_layers=(0, 6))
