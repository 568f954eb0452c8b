"""What every method promises, checked over all of METHODS: add one row for a new method."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.method import Method, Progress, last_picture
from i2i_core.methods import METHODS
from i2i_core.methods.semantic_analogy import SemanticAnalogy, SemanticAnalogyConfig
from i2i_core.methods.structural_analogy import StructuralAnalogy, StructuralAnalogyConfig


@dataclass(frozen=True)
class Row:
    """`new` makes the method, small and fast; `a` and `b` are what it learns from; `pair` says
    that it learns from exactly one picture each."""

    new: Callable[[], Method]
    a: list[Image.Image]
    b: list[Image.Image]
    pair: bool = False

    @property
    def source(self) -> Image.Image:
        return self.a[0]


def noisy(first: tuple[int, ...], second: tuple[int, ...], edge: int, seed: int) -> Image.Image:
    """64 x 32 pixels: one colour left of column `edge`, another right of it, both grainy."""
    pixels = np.full((32, 64, 3), second, np.int16)
    pixels[:, :edge] = first
    pixels += np.random.default_rng(seed).integers(-25, 26, pixels.shape, np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def label_map(edge: int) -> Image.Image:
    pixels = np.full((32, 64, 3), (220, 20, 20), np.uint8)
    pixels[:, :edge] = (20, 20, 220)
    return Image.fromarray(pixels)


SAND, SEA = (200, 180, 120), (30, 80, 140)
ROWS = {
    "structural_analogy": Row(
        lambda: StructuralAnalogy(StructuralAnalogyConfig(size=64, guide="lightness")),
        [noisy((60, 60, 60), (210, 210, 210), 24, 0)],
        [noisy(SAND, SEA, 40, 1)],
        pair=True,
    ),
    "semantic_analogy": Row(
        lambda: SemanticAnalogy(SemanticAnalogyConfig(size=64)),
        [label_map(40)],
        [noisy(SAND, SEA, 40, 1)],
        pair=True,
    ),
}


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Row:
    return ROWS[request.param]


def fitted(row: Row) -> Method:
    method = row.new()
    for _ in method.fit(row.a, row.b):
        pass
    return method


def check_records(work: Iterator[Progress]) -> list[Progress]:
    """Every record is plain, and they count up to the end; returns them."""
    records = list(work)
    steps = [record.step for record in records]
    assert steps == sorted(set(steps))
    assert steps[0] >= 1
    assert records[-1].step == records[-1].total
    for record in records:
        assert all(type(value) is float for value in record.losses.values())
        pictures = [*record.extras.values()]
        pictures += [] if record.picture is None else [record.picture]
        assert all(isinstance(picture, Image.Image) for picture in pictures)
        assert isinstance(record.note, str)
    return records


def test_every_method_has_a_row() -> None:
    assert set(ROWS) == set(METHODS)
    for name, row in ROWS.items():
        assert type(row.new()) is METHODS[name]


def test_a_config_can_be_left_out(row: Row) -> None:
    kind = type(row.new())
    assert isinstance(kind().config, kind.Config)


def test_fit_and_render_yield_plain_records_up_to_a_picture(row: Row) -> None:
    method = row.new()
    check_records(method.fit(row.a, row.b))
    picture = check_records(method.render(row.source))[-1].picture
    assert picture is not None
    assert picture.mode == "RGB"
    assert picture.size == row.source.size


def test_translate_works_between_the_steps_and_after(row: Row) -> None:
    method = row.new()
    sizes = [method.translate(row.source).size for _ in method.fit(row.a, row.b)]
    assert sizes
    assert {*sizes, method.translate(row.source).size} == {row.source.size}


def test_stopping_early_leaves_a_method_that_translates(row: Row) -> None:
    method = row.new()
    fitting = method.fit(row.a, row.b)
    next(fitting)
    fitting.close()
    rendering = method.render(row.source)
    next(rendering)
    rendering.close()
    assert method.translate(row.source).size == row.source.size


def test_the_same_seed_gives_the_same_picture_and_leaves_the_given_ones_alone(row: Row) -> None:
    given = [*row.a, *row.b]
    before = [picture.tobytes() for picture in given]
    first = fitted(row).translate(row.source)
    again = last_picture(fitted(row).render(row.source))  # which is what translate waits for
    assert np.array_equal(np.asarray(first), np.asarray(again))
    assert [picture.tobytes() for picture in given] == before


def test_reverse_works_both_ways_or_is_refused(row: Row) -> None:
    method = fitted(row)
    if method.two_way:
        assert method.translate(row.b[0], reverse=True).size == row.b[0].size
    else:
        with pytest.raises(InputError):
            method.translate(row.b[0], reverse=True)


def test_translating_before_learning_says_so(row: Row) -> None:
    method = row.new()
    with pytest.raises(InputError, match=r"[Ff]it"):
        method.translate(row.source)
    with pytest.raises(InputError, match=r"[Ff]it"):
        method(torch.zeros(1, 3, 32, 64))


def test_a_pair_is_exactly_two_pictures(row: Row) -> None:
    if not row.pair:
        pytest.skip("learns from collections")
    method = row.new()
    for a, b in ((row.a * 2, row.b), (row.a, row.b * 2), ([], row.b), (row.a, [])):
        with pytest.raises(InputError, match="one"):
            list(method.fit(a, b))


def test_forward_takes_and_returns_tensors(row: Row) -> None:
    source = torch.from_numpy(np.array(row.source)).permute(2, 0, 1)[None].float() / 255
    result = fitted(row)(source)
    assert result.shape == source.shape
    assert 0 <= float(result.min()) <= float(result.max()) <= 1
