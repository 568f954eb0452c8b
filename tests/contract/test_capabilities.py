"""What a method declares that it can do is what it does: no less, no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any, get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from i2i_core.finetuning.run import run_fit
from i2i_core.images.tensors import to_tensor, with_channels
from i2i_core.method import Method, Task, training_mode
from i2i_core.networks.layers import SharedStatistics
from tests.contract.conftest import Case
from tests.helpers import noisy

REFERENCES = [noisy((200, 30, 30), (90, 0, 20), 30, 7), noisy((20, 30, 230), (0, 200, 20), 9, 8)]


def directions(case: Case) -> Iterator[tuple[bool, Tensor, int]]:
    """Each way that there is: whether it is in reverse, a picture to translate, with as many
    channels as are taken, and how many are given."""
    channels = case.method.capabilities.channels
    for reverse in (False, True)[: 1 + case.method.capabilities.two_way]:
        picture = case.row.b[0] if reverse else case.row.source
        yield reverse, with_channels(to_tensor(picture), channels[reverse]), channels[not reverse]


def translated(method: Method, source: Tensor, *arguments: Any, **settings: Any) -> Tensor:
    """`source` through the method as `render` does it."""
    with training_mode(method, method.infers_in_training_mode), torch.no_grad():
        result: Tensor = method(source, *arguments, **settings)
    return result


def test_what_a_model_is_for_is_one_of_the_tasks_and_its_methods(case: Case) -> None:
    assert case.method.capabilities.task in get_args(Task)
    assert case.method.capabilities.task == case.row.kind.capabilities.task


def test_another_seed_makes_another_picture_if_that_is_declared(case: Case) -> None:
    for reverse, source, _ in directions(case):
        one, again, other = (
            translated(case.method, source, reverse=reverse, seed=seed) for seed in (1, 1, 2)
        )
        assert torch.equal(one, again)
        assert torch.equal(one, other) != case.method.capabilities.takes_seed


def test_a_reference_makes_another_picture_if_that_is_declared(case: Case) -> None:
    for reverse, source, _ in directions(case):
        guides = [None, *map(to_tensor, REFERENCES)]
        plain, one, other = (
            translated(case.method, source, guide, reverse=reverse) for guide in guides
        )
        declared = case.method.capabilities.takes_reference
        assert torch.equal(plain, one) != declared
        assert torch.equal(one, other) != declared


def test_what_is_declared_reaches_the_network_and_the_rest_is_passed_over(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    can, method, source = case.method.capabilities, case.method, case.row.source
    plain = method.translate(source).tobytes()
    if not can.takes_seed:
        assert method.translate(source, seed=7).tobytes() == plain
    if not can.takes_reference:
        assert method.translate(source, REFERENCES[0]).tobytes() == plain
    if not case.row.stepwise:
        return
    calls: list[tuple[Any, bool, int | None]] = []
    forward = method.forward

    def watched(
        x: Tensor, guide: Tensor | None = None, *, reverse: bool = False, seed: int | None = None
    ) -> Tensor:
        calls.append((guide, reverse, seed))
        return forward(x, guide, reverse=reverse, seed=seed)

    with monkeypatch.context() as patch:
        patch.setattr(method, "forward", watched)
        for reverse, _, _ in directions(case):
            method.translate(source, REFERENCES[0], seed=7, reverse=reverse)
            guide, direction, seed = calls[-1]
            assert direction == reverse
            assert not can.takes_seed or seed == 7
            assert not can.takes_reference or guide is not None


def test_reverse_works_both_ways_or_is_refused(case: Case) -> None:
    picture = case.row.b[0]
    if not case.method.capabilities.two_way:
        with pytest.raises(InputError, match="one direction only"):
            case.method.translate(picture, reverse=True)
        return
    back = case.method.translate(picture, reverse=True)
    assert back.size == picture.size
    assert back.tobytes() != case.method.translate(picture).tobytes()


def test_it_takes_and_gives_as_many_channels_as_declared(case: Case) -> None:
    for reverse, source, channels in directions(case):
        result = translated(case.method, source, reverse=reverse)
        assert result.shape == (1, channels, *source.shape[-2:])
        picture = case.method.translate(case.row.source, reverse=reverse)
        pixels = np.asarray(picture, np.int16)
        assert picture.mode == "RGB"
        if channels == 1:
            assert (pixels == pixels[..., :1]).all()


def test_sides_are_multiples_of_what_is_declared_and_of_no_less(case: Case) -> None:
    multiple = case.method.capabilities.multiple_of
    if not case.row.stepwise:
        assert multiple == 1
        return
    least = -(-32 // multiple)
    for reverse, source, _ in directions(case):
        for rows, columns in ((least, least + 1), (least + 2, least)):
            sides = rows * multiple, columns * multiple
            fitting = torch.nn.functional.interpolate(source, sides)
            assert translated(case.method, fitting, reverse=reverse).shape[-2:] == sides
        if multiple > 1:
            odd = (least * multiple + multiple // 2, least * multiple)
            other = torch.nn.functional.interpolate(source, odd)
            with suppress(RuntimeError):  # of no use at all
                assert translated(case.method, other, reverse=reverse).shape[-2:] != odd


@pytest.mark.parametrize("size", [(33, 47), (50, 41), (101, 64)])
def test_pictures_of_any_size_are_translated(case: Case, size: tuple[int, int]) -> None:
    for reverse, _, _ in directions(case):
        picture = (case.row.b[0] if reverse else case.row.source).resize(size, Image.Resampling.BOX)
        result = case.method.translate(picture, reverse=reverse)
        if case.row.stepwise:
            assert result.size == size
        else:  # at a size of their own
            assert result.width / result.height == pytest.approx(size[0] / size[1], rel=0.05)


def test_pairs_must_be_as_many_on_both_sides_if_they_are_needed(case: Case) -> None:
    method, row = case.row.new(**case.changes), case.row
    if row.one_each:
        assert not method.capabilities.needs_pairs  # it is told by its task
        return
    if method.capabilities.needs_pairs:
        with pytest.raises(InputError, match="Pairs are needed"):
            next(method.fit(row.a, row.b[:-1]))
        assert not method.fitted
    else:
        unequal = [*row.b, row.b[0]] if len(row.a) == len(row.b) else row.b
        assert next(method.fit(row.a, unequal)).step == 1


def test_true_pairs_are_mixed_in_or_refused(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    method, row = case.row.new(**case.changes), case.row
    sides: list[Any] = []
    fit = method.fit

    def watched(a: Any, b: Any) -> Any:
        sides.extend((a, b))
        return fit(a, b)

    monkeypatch.setattr(method, "fit", watched)
    work = run_fit(method, row.a, row.b, None, pairs=(REFERENCES[:1], REFERENCES[1:]))
    if not method.capabilities.mixes_pairs:
        with pytest.raises(InputError, match=f"{method.title} takes no pairs"):
            next(work)
        assert not sides
        return
    *_, last = work
    assert last.step == last.total
    assert [type(side) for side in sides] == [ImplicitPairs] * 2
    assert all(len(side) > len(plain) for side, plain in zip(sides, (row.a, row.b), strict=True))


def test_no_pixel_further_away_than_the_reach_matters(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pixel that is no number makes none of all that it reaches. Norms look further: they are
    held at the statistics of the picture before, as they are in tiles."""
    reach = case.method.capabilities.reach
    if reach is None:  # then it is never translated in tiles
        monkeypatch.setattr("i2i_core.method.fits", lambda _: False)
        assert not any("Tile" in record.note for record in case.method.render(case.row.source))
        return
    method = deepcopy(case.method)
    for reverse, source, _ in directions(case):
        side = 8 * -(-(2 * reach + 72) // 8)
        picture = torch.rand(1, source.shape[1], side, side)
        middle = side // 2
        shared = SharedStatistics()
        with shared:
            assert bool(torch.isfinite(translated(method, picture, reverse=reverse)).all())
        picture[..., middle, middle] = float("nan")
        with shared:
            result = translated(method, picture, reverse=reverse)
        touched = (~torch.isfinite(result)).nonzero()[:, -2:] - middle
        assert len(touched) > 1
        assert int(touched.abs().max()) <= reach
        assert int(touched.abs().max()) >= reach / 3  # and not out of all proportion


def test_a_picture_of_the_working_size_goes_through_as_it_is(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, method = case.method.capabilities.working_size, case.method
    assert (size is not None) == case.row.stepwise
    if size is None:
        return
    sides: list[int] = []
    forward = method.forward

    def watched(x: Tensor, *arguments: Any, **settings: Any) -> Tensor:
        sides.append(min(x.shape[-2:]))
        return forward(x, *arguments, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(method, "forward", watched)
        method.translate(case.row.source.resize((2 * size, size)))
    multiple = method.capabilities.multiple_of
    assert sides == [-(-size // multiple) * multiple]


def test_the_working_size_is_that_of_what_is_learnt_from(stepwise_case: Case) -> None:
    crop, picture = (32, 128) if stepwise_case.row.one_each else (64, 128)
    other = stepwise_case.row.new(
        **{**stepwise_case.changes, "crop_size": crop, "load_size": picture}
    )
    assert other.capabilities.working_size == (picture if stepwise_case.row.one_each else crop)
