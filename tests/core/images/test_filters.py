"""The shared filters: against scikit-image, against hand-computed values, against invariants."""

import pytest
import torch
from skimage.color import rgb2lab

from i2i_core.images.filters import correlation, gaussian_blur, rank, resize, rgb_to_lab


def test_lab_is_that_of_scikit_image():
    picture = torch.rand(1, 3, 30, 40, generator=torch.Generator().manual_seed(0))
    picture[..., 0] = 0  # black, white and a very dark grey, where the formula has its kinks
    picture[..., 1] = 1
    picture[..., 2] = 0.01
    expected = torch.from_numpy(rgb2lab(picture[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)
    assert (rgb_to_lab(picture)[0] - expected).abs().max() < 0.05


def test_lab_stays_finite_outside_the_range():
    assert rgb_to_lab(torch.tensor([-0.1, 1.2, -0.5]).view(1, 3, 1, 1)).isfinite().all()


def test_rank_by_hand():
    values = torch.tensor([[30.0, 10.0], [30.0, 20.0]])
    torch.testing.assert_close(rank(values), torch.tensor([[2.5, 0.0], [2.5, 1.0]]) / 3)
    assert rank(torch.arange(5.0)).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_rank_of_a_flat_picture_is_flat():
    torch.testing.assert_close(rank(torch.ones(1, 1, 4, 5)), torch.full((1, 1, 4, 5), 0.5))
    assert rank(torch.ones(1)).isfinite().all()


@pytest.mark.parametrize("sigma", [0.7, 2.0, 6.0])
def test_blur_keeps_constants_and_the_mean_and_has_the_right_width(sigma):
    torch.testing.assert_close(
        gaussian_blur(torch.full((1, 2, 9, 5), 0.3), sigma), torch.full((1, 2, 9, 5), 0.3)
    )
    point = torch.zeros(1, 1, 61, 61)
    point[0, 0, 30, 30] = 1
    blurred = gaussian_blur(point, sigma)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)
    place = torch.arange(61.0) - 30
    variance = float((blurred[0, 0].sum(0) * place**2).sum())
    assert variance == pytest.approx(sigma**2, rel=0.05)


def test_resize_keeps_constants_and_the_mean():
    flat = torch.full((1, 3, 20, 30), 0.4)
    assert resize(flat, (20, 30)) is flat
    torch.testing.assert_close(resize(flat, (7, 50)), torch.full((1, 3, 7, 50), 0.4))
    stripes = (torch.arange(40) % 2).float().expand(1, 1, 40, 40)
    halved = resize(stripes, (20, 20))[..., 3:-3, 3:-3]  # antialiased: no stripe is picked out
    torch.testing.assert_close(halved, torch.full_like(halved, 0.5), atol=0.05, rtol=0)


def test_correlation_by_hand():
    values = torch.tensor([1.0, 2.0, 3.0])
    assert correlation(values, 5 * values + 2) == pytest.approx(1)
    assert correlation(values, -values) == pytest.approx(-1)
    assert correlation(values, torch.tensor([1.0, 3.0, 2.0])) == pytest.approx(0.5)
    assert correlation(values, torch.ones(3)) == 0
