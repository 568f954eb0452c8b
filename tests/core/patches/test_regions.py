"""Working on a part: the box holds the change, and nothing outside of it moves."""

import numpy as np
import pytest
import torch

from i2i_core.patches.regions import changed_box, crop_task, paste_result
from i2i_core.patches.task import Task


def noise(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def changed(rows: slice, columns: slice, shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


def test_no_change_no_box():
    assert changed_box(np.zeros((30, 40), bool), 40) is None


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(50, 60), slice(70, 90)),
        (slice(0, 1), slice(0, 1)),
        (slice(119, 120), slice(150, 160)),
        (slice(0, 120), slice(0, 160)),
    ],
)
def test_the_box_holds_the_change_and_a_band_around_it(rows, columns):
    mask = changed(rows, columns)
    box = changed_box(mask, 160, margin=0.03)
    assert box is not None
    assert 0 <= box.rows.start <= rows.start < rows.stop <= box.rows.stop <= 120
    assert 0 <= box.columns.start <= columns.start < columns.stop <= box.columns.stop <= 160
    unknown = box.unknown[0, 0]
    height, width = box.rows.stop - box.rows.start, box.columns.stop - box.columns.start
    assert unknown.shape == (height, width)
    assert 0 <= float(unknown.min()) <= float(unknown.max()) <= 1
    assert (unknown.numpy()[mask[box.rows, box.columns]] == 1).all()
    # What lies at the box's edge is kept, unless that is the picture's own edge.
    if box.rows.start > 0:
        assert not unknown[0].any()
    if box.columns.stop < 160:
        assert not unknown[:, -1].any()


def test_a_band_around_the_change_is_made_anew():
    box = changed_box(changed(slice(50, 60), slice(70, 90)), 160, margin=0.05)
    assert box is not None
    whole = torch.zeros(120, 160)
    whole[box.rows, box.columns] = box.unknown[0, 0]
    assert (whole[45:65, 65:95] == 1).all()  # a few pixels on every side
    assert not whole[:38].any()
    assert not whole[:, 102:].any()


def test_paste_leaves_everything_but_the_change_alone():
    picture = noise(120, 160)
    box = changed_box(changed(slice(50, 60), slice(70, 90)), 160)
    assert box is not None
    height, width = box.unknown.shape[-2:]
    for part in (torch.ones(1, 3, height, width), torch.ones(1, 3, height // 3, width // 3)):
        pasted = paste_result(picture, part, box)
        assert pasted.shape == picture.shape
        whole = torch.zeros(1, 3, 120, 160)
        whole[:, :, box.rows, box.columns] = box.unknown
        assert torch.equal(pasted[whole == 0], picture[whole == 0])
        assert (pasted[whole == 1] == 1).all()
        assert not torch.equal(pasted, picture)
    assert torch.equal(picture, noise(120, 160))  # the given picture is untouched


def test_cut_takes_the_target_s_part_and_all_of_the_source():
    picture = noise(120, 160)
    source, guide = noise(40, 50), torch.zeros(1, 2, 40, 50)
    target_guide = torch.arange(120.0 * 160).view(1, 1, 120, 160).expand(1, 2, -1, -1)
    box = changed_box(changed(slice(50, 60), slice(70, 90)), 160)
    assert box is not None
    task = crop_task(Task(source, guide, target_guide), picture, box)
    assert task.source is source
    assert task.source_guide is guide
    assert torch.equal(task.target_guide, target_guide[:, :, box.rows, box.columns])
    assert task.known is not None
    assert torch.equal(task.known, picture[:, :, box.rows, box.columns])
    torch.testing.assert_close(task.keep_known(task.known), task.known)
