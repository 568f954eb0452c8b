"""A point of one picture finds the same spot in another."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from i2i_core.errors import InputError
from i2i_core.pipelines.correspondence import find_correspondence

CAT = Image.fromarray(data.chelsea())  # 451 × 300; her eyes are at (0.37, 0.26) and (0.69, 0.26)


@pytest.mark.parametrize("eye", [(0.37, 0.26), (0.69, 0.26)])
def test_an_eye_is_found_in_a_mirrored_cropped_and_darker_picture(eye: tuple[float, float]) -> None:
    other = ImageOps.mirror(CAT.crop((40, 0, 451, 280))).point(lambda value: value * 0.7)
    found = find_correspondence(CAT, other, eye)
    expected = 1 - (eye[0] * 451 - 40) / 411, eye[1] * 300 / 280
    assert np.hypot(*np.subtract(found.point, expected)) < 0.12
    assert found.similarity.max() == pytest.approx(1, abs=0.4)
    heat = np.asarray(found.heat_map, float).mean(2)
    y, x = (int(share * side) for share, side in zip(found.point[::-1], heat.shape, strict=True))
    assert heat[y - 9 : y + 9, x - 9 : x + 9].mean() > 1.5 * heat[-40:].mean()


def test_the_point_is_marked_and_the_pictures_are_left_alone() -> None:
    before = CAT.tobytes()
    found = find_correspondence(CAT, CAT, (0.5, 0.5))
    assert CAT.tobytes() == before
    assert found.point == pytest.approx((0.5, 0.5), abs=0.02)
    plain = np.asarray(CAT.resize(found.marked.size)).astype(float)
    changed = np.abs(np.asarray(found.marked) - plain).max(2) > 60
    rows, columns = np.nonzero(changed)
    assert abs(rows.mean() / changed.shape[0] - 0.5) < 0.05
    assert abs(columns.mean() / changed.shape[1] - 0.5) < 0.05


def test_a_point_outside_is_said() -> None:
    with pytest.raises(InputError, match="point's y"):
        find_correspondence(CAT, CAT, (0.5, 1.5))
