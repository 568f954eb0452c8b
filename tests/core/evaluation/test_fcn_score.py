"""The FCN-score: palettes of label maps, a reader that is taught, and what it scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from i2i_core.errors import InputError
from i2i_core.evaluation.fcn_evaluation import FCNEvaluation
from i2i_core.evaluation.fcn_score import (
    Pairs,
    Palette,
    SegmenterConfig,
    confusion,
    find_palette,
    segmentation_scores,
    train_segmenter,
)
from i2i_core.evaluation.segmenter import Segmenter
from tests.core.evaluation.conftest import COLOURS


def test_scores_of_a_confusion_by_hand() -> None:
    wanted = np.array([[0, 0, 0, 1], [1, 255, 255, 3]], np.uint8)
    read = np.array([[0, 0, 1, 1], [0, 0, 2, 2]], np.uint8)
    table = confusion(read, wanted, 4)
    assert table.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    pixel, of_class, iou = segmentation_scores(table)
    assert pixel == pytest.approx(3 / 6)
    assert of_class == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert iou == pytest.approx((2 / 4 + 1 / 3 + 0) / 3)


def test_the_palette_is_of_the_whole_set(pairs: Any) -> None:
    assert set(find_palette(pairs[0]).colours) == set(COLOURS)
    green = [Image.new("RGB", (20, 20), COLOURS[1]), Image.new("RGB", (30, 10), COLOURS[2])]
    assert set(find_palette(green).colours) == set(COLOURS[1:])
    with pytest.raises(InputError, match="do not look like label maps"):
        find_palette(pairs[1])


def test_grey_ids_are_labels_and_255_is_none() -> None:
    ids = np.zeros((40, 40), np.uint8)
    ids[10:], ids[20:], ids[30:] = 1, 7, 255
    palette = find_palette([Image.fromarray(ids)] * 2)
    assert palette == Palette(((0, 0, 0), (1, 1, 1), (7, 7, 7)), ((255, 255, 255),))
    assert np.unique(palette.read(Image.fromarray(ids), 40)).tolist() == [0, 1, 2, 255]


@pytest.mark.parametrize("size", [(32, 32), (28, 45), (64, 40)])
def test_the_segmenter_takes_any_size(size: tuple[int, int]) -> None:
    network = Segmenter(5, width=4).eval()
    assert network(torch.rand(2, 3, *size)).shape == (2, 5, *size)


def test_the_segmenter_learns_the_same_twice() -> None:
    random = torch.Generator().manual_seed(0)
    photos = torch.randint(0, 256, (3, 3, 32, 32), generator=random, dtype=torch.uint8)
    few = SegmenterConfig(size=32, width=4, steps=2, batch=2)

    def taught() -> nn.Module:
        work = train_segmenter(Pairs(photos, (photos[:, 0] > 99).byte()), 2, few)
        while True:
            try:
                assert next(work).losses["cross-entropy"] > 0
            except StopIteration as end:
                network: nn.Module = end.value
                return network

    one, other = taught().state_dict(), taught().state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_line_drawings_are_not_read_as_labels_unasked(pairs: Any) -> None:
    drawings = [Image.new("RGB", (32, 32), "white") for _ in range(4)]
    for drawing in drawings:
        drawing.paste("black", (8, 8, 20, 20))
    assert FCNEvaluation.prepare(drawings, None) is None
    assert FCNEvaluation.prepare(drawings, True) is not None
    assert FCNEvaluation.prepare(pairs[0], False) is None
    assert FCNEvaluation.prepare(pairs[1], None) is None
    with pytest.raises(InputError, match="leave the FCN-score out"):
        FCNEvaluation.prepare(pairs[1], True)
