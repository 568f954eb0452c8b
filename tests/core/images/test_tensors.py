"""Sides that a network needs as multiples: how a picture is brought to them, and back."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from i2i_core.images.filters import gaussian_blur
from i2i_core.images.tensors import fit_multiple


def picture(height: int, width: int) -> Tensor:
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    return gaussian_blur(noise, 6).sub(0.5).mul(6).add(0.5).clamp(0, 1)


@pytest.mark.parametrize("size", [(64, 96), (65, 96), (61, 97), (33, 34)])
@pytest.mark.parametrize("multiple", [1, 2, 4])
def test_small_multiples_add_a_few_pixels_and_take_exactly_them_away(
    size: tuple[int, int], multiple: int
) -> None:
    given = picture(*size)
    fitting, undo = fit_multiple(given, multiple)
    height, width = fitting.shape[-2:]
    assert height % multiple == width % multiple == 0
    assert 0 <= height - size[0] < multiple
    assert 0 <= width - size[1] < multiple
    assert torch.equal(fitting[..., : size[0], : size[1]], given)
    assert torch.equal(undo(fitting), given)
    assert undo(fitting[:, :1]).shape == (1, 1, *size)


def test_the_added_pixels_repeat_the_border() -> None:
    given = picture(33, 42)
    fitting, _ = fit_multiple(given, 4)
    assert fitting.shape[-2:] == (36, 44)
    assert torch.equal(fitting[..., 33:, :42], given[..., -1:, :].expand(-1, -1, 3, -1))
    assert torch.equal(fitting[..., :33, 42:], given[..., -1:].expand(-1, -1, -1, 2))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((256, 512), (256, 512)),
        ((300, 300), (256, 256)),
        ((400, 300), (512, 256)),
        ((40, 100), (256, 256)),
        ((256, 300), (256, 256)),
        ((250, 510), (256, 512)),  # near enough to be padded
        ((700, 900), (768, 1024)),
    ],
)
def test_large_multiples_give_the_nearest_size(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    fitting, undo = fit_multiple(torch.zeros(1, 1, *size), 256)
    assert fitting.shape == (1, 1, *expected)
    assert undo(fitting).shape == (1, 1, *size)


def test_what_was_scaled_shows_the_same_picture_within_range() -> None:
    given = picture(300, 340)
    fitting, undo = fit_multiple(given, 256)
    assert fitting.shape[-2:] == (256, 256)
    back = undo(fitting)
    for one in (fitting, back):
        assert 0 <= float(one.min()) < float(one.max()) <= 1
    assert float((back - given).abs().mean()) < 0.01
    # All of it is there, to the corners: nothing was cut off.
    for y in (0, -1):
        for x in (0, -1):
            torch.testing.assert_close(
                fitting[..., y, x], given[..., y, x], atol=0.05, rtol=0, check_stride=False
            )


def test_a_picture_that_fits_is_left_alone() -> None:
    given = picture(64, 96)
    fitting, undo = fit_multiple(given, 32)
    assert fitting is given
    assert undo(given) is given
