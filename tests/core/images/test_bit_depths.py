"""More than 8 bits: one rule for each type, and a sentence where nobody can know what is black."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.files import check_image, open_image


def greys(values: np.ndarray) -> np.ndarray:
    return np.asarray(check_image(Image.fromarray(values)))[..., 0]


def ramp(low: float, high: float, dtype: type) -> np.ndarray:
    return np.linspace(low, high, 120).reshape(10, 12).astype(dtype)


@pytest.mark.parametrize("peak", [900, 4000, 4200, 40000])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_integers_are_shares_of_65535_whatever_their_peak(peak: int, dtype: type) -> None:
    assert abs(greys(ramp(0, peak, dtype)).max() - peak / 257) <= 1


def test_a_tiff_may_name_its_largest_value(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(ramp(0, 2047, np.uint16)).save(path, tiffinfo={281: 4095})
    assert np.asarray(open_image(path)).max() == 127


def test_a_deep_picture_is_turned_upright(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(ramp(0, 65535, np.uint16)).save(path, tiffinfo={274: 6})
    assert open_image(path).size == (10, 12)


@pytest.mark.parametrize("peak", [0.5, 1.0, 1.02, 1.3])
def test_floats_a_little_above_one_are_still_shares(peak: float) -> None:
    assert abs(int(greys(ramp(0, peak, np.float32)).max()) - min(255, peak * 255)) <= 1


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-1, 1, (0, 255)), (-0.05, 1.05, (0, 255)), (0, 255.4, (0, 255)), (0, 13107, (0, 51))],
)
def test_floats_of_other_ranges(low: float, high: float, expected: tuple[int, int]) -> None:
    shown = greys(ramp(low, high, np.float32))
    assert (shown.min(), shown.max()) == expected
    if low == -1:
        assert abs(shown.mean() - 127.5) < 1


def test_what_is_no_number_is_black_and_infinity_white() -> None:
    values = ramp(0, 1, np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    assert greys(values)[0, :3].tolist() == [0, 255, 0]
    assert greys(np.full((10, 12), np.nan, np.float32)).max() == 0


@pytest.mark.parametrize(("low", "high"), [(-1000, 1000), (-1, 60000), (0, 10**6)])
def test_integers_of_no_known_range_are_refused(low: int, high: int) -> None:
    with pytest.raises(InputError, match=r"65535"):
        greys(ramp(low, high, np.int32))


def test_floats_far_below_zero_are_refused() -> None:
    with pytest.raises(InputError, match=r"negative values, down to -40.*0 is black"):
        greys(ramp(-40, 200, np.float32))
