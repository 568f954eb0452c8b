"""The sheet of pictures that a fit is watched by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.finetuning.preview import choose_samples, preview
from tests.helpers import ROWS, A, B, Row, fitted, picture


class Unreadable(Sequence[Image.Image]):
    """Pictures of which those at some places cannot be read."""

    def __init__(self, pictures: Sequence[Image.Image], *places: int) -> None:
        self.pictures, self.places = pictures, places

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        if index in self.places:
            raise InputError("holiday.png is not a picture.")
        return self.pictures[index]


@pytest.mark.parametrize("name", ROWS)
def test_a_column_shows_a_picture_and_all_that_is_made_of_it(name: str) -> None:
    row: Row = ROWS[name]
    method = fitted(row)
    can = method.capabilities
    samples = choose_samples(method, row.a, row.b)
    sheet = preview(method, samples)
    extra_rows = can.two_way + (can.task == "textures") + can.needs_pairs
    width, height = samples[0][0].size
    assert sheet.size == (len(samples) * width, (2 + extra_rows) * height)

    source = samples[0][0]
    translation = method.translate(*samples[0])
    column = [source, translation]
    if can.two_way:
        column.append(method.translate(translation, reverse=True))
    if can.task == "textures":
        column.append(method.translate(source, samples[1][0]))
    if can.needs_pairs:
        column.append(samples[0][1])
    for y, expected in enumerate(column):
        cell = sheet.crop((0, y * height, expected.width, y * height + expected.height))
        assert np.array_equal(np.asarray(cell), np.asarray(expected)), y


def test_pairs_are_shown_at_the_size_that_is_learnt_and_collections_at_that_of_their_crops() -> (
    None
):
    large = [picture(300, 200, seed) for seed in range(3)]
    pairs, domains = ROWS["pix2pix"].new(), ROWS["cut"].new()
    assert {p.size for sample in choose_samples(pairs, large, large) for p in sample} == {(48, 32)}
    (first, *_) = choose_samples(domains, large, large)
    assert [p.size for p in first] == [(54, 36)]


def test_samples_are_spread_over_the_side() -> None:
    many = [Image.new("RGB", (36, 36), (index, 0, 0)) for index in range(90)]
    samples = choose_samples(ROWS["cut"].new(), many, many)
    assert [sample[0].getpixel((0, 0)) for sample in samples] == [(0, 0, 0), (30, 0, 0), (60, 0, 0)]
    assert len(choose_samples(ROWS["cut"].new(), many[:2], many)) == 2
    assert len(choose_samples(ROWS["cut"].new(), many, many, 4)) == 4


@pytest.mark.parametrize("name", ["pix2pix", "cut"])
def test_pictures_that_cannot_be_read_are_passed_over(name: str) -> None:
    method = ROWS[name].new()
    samples = choose_samples(method, Unreadable(A, 0), B)
    assert len(samples) == 2
    if method.capabilities.needs_pairs:
        assert len(choose_samples(method, A, Unreadable(B, 0, 1))) == 1
        assert len(choose_samples(method, A, B[:2])) == 2  # the fit says what is missing
    with pytest.raises(InputError, match="None of these pictures"):
        choose_samples(method, Unreadable(A, 0, 1, 2), B)
