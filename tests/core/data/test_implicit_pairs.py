"""Pictures of true pairs among others: how many, and by which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2i_core.data.batches import Batches
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from tests.core.data.numbered_pictures import (
    BROKEN,
    SMALL,
    broken_folder,
    flat,
    pictures,
)


@pytest.mark.parametrize(
    ("own", "fraction", "added"),
    [(6, 0.25, 2), (6, 0.5, 6), (9, 0.1, 1), (5, 0.0, 0), (4, 0.8, 16)],
)
def test_mixed_adds_as_many_as_make_up_the_fraction(own: int, fraction: float, added: int) -> None:
    mixed = ImplicitPairs(flat(own), pictures(3), fraction)
    assert len(mixed) == own + added
    assert added / len(mixed) == pytest.approx(fraction, abs=0.06)


def test_mixed_goes_through_the_pairs_again_and_again() -> None:
    own, pairs = flat(4), pictures(3)
    mixed = ImplicitPairs(own, pairs, 0.5)
    assert list(mixed) == [*own, *pairs, pairs[0]]
    assert mixed.names == [
        *(f"picture {i}" for i in (1, 2, 3, 4)),
        "pair 1",
        "pair 2",
        "pair 3",
        "pair 1",
    ]
    with pytest.raises(IndexError):
        mixed[8]
    assert list(ImplicitPairs(own, [], 0.5)) == own


def test_mixed_keeps_the_names_of_files(tmp_path: Path) -> None:
    side = broken_folder(tmp_path / "a")
    mixed = ImplicitPairs(side, flat(2), 0.2)
    assert mixed.names == [*side.names, "pair 1", "pair 2"]
    batches = Batches(mixed, flat(2), SMALL, batch=9)
    assert batches[0][0].shape == (9, 3, 16, 16)
    assert set(batches.skipped) == BROKEN


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_impossible_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="choose one from 0 to"):
        ImplicitPairs(flat(2), flat(2), fraction)
