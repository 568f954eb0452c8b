"""The records of every pipeline count up, so that a bar can be drawn: no step back, no smaller
total, and at the end all of it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from i2i_core import method
from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.finetuning.domains import finetune_domains
from i2i_core.finetuning.pairs import finetune_pairs
from i2i_core.finetuning.run import Destination, Pace, run_fit
from i2i_core.pipelines import texture_swap
from i2i_core.pipelines.analogy import (
    move_region,
    remove_object,
    resize_region,
    semantic_analogy,
    structural_analogy,
)
from i2i_core.pipelines.domain_transfer import transfer, transfer_all
from i2i_core.pipelines.texture_swap import AUTO, PATCHES, Choice, swap, swap_grid
from i2i_core.pipelines.translation import translate
from i2i_core.progress import Progress
from tests.helpers import ROWS, A, label_map, picture, small

Open = Callable[..., LoadedModel]
ONE, OTHER = picture(64, 48), picture(56, 64, seed=1)


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """A small model of a method."""

    def open_small(name: str, **changes: Any) -> LoadedModel:
        model = ROWS[name].new(**changes)
        model.fitted = model.training_networks_loaded = True
        save(model, tmp_path / f"{name}.safetensors")
        return open_model(tmp_path / f"{name}.safetensors")

    return open_small


def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of more than 64 pixels a side are too large to be translated at once."""
    monkeypatch.setattr(method, "fits", lambda x: max(x.shape[-2:]) <= 64)
    in_tiles = partial(method.in_tiles, tile=64, thumbnail=64)
    monkeypatch.setattr(method, "in_tiles", in_tiles)


def spot() -> Image.Image:
    """A mask, white in the middle."""
    mask = Image.new("L", ONE.size)
    mask.paste(255, (28, 20, 38, 30))
    return mask


def scribbles(size: tuple[int, int]) -> Image.Image:
    """Two strokes on transparent ground."""
    strokes = Image.new("RGBA", size)
    strokes.paste((255, 0, 0, 255), (4, 4, 12, 12))
    strokes.paste((0, 0, 255, 255), (30, 30, 40, 40))
    return strokes


def with_a_strange_label() -> Image.Image:
    labels = label_map(20)
    labels.paste((20, 220, 20), (40, 0, 64, 32))
    return labels


def finetune_from(
    model: LoadedModel, finetune: Callable[..., Iterator[Progress]], *sides: Any, **settings: Any
) -> Iterator[Progress]:
    out = model.info.path.with_name("further.safetensors")
    return finetune(*sides, out, model=model, **settings)


ANALOGY: dict[str, Any] = {"long_side": 64}
# Every pipeline in its ways to go, given a way to open small models.
WORKS: dict[str, Callable[[Open], Iterator[Progress]]] = {
    "translate": lambda opened: translate(ONE, opened("pix2pix")),
    "translate, in tiles": lambda opened: translate(picture(90, 70), opened("cut")),
    "transfer": lambda opened: transfer(ONE, opened("cut"), back=True),
    "transfer, and back": lambda opened: transfer(ONE, opened("cyclegan"), back=True),
    "transfer, in tiles, and back": lambda opened: transfer(
        picture(90, 70), opened("cyclegan"), back=True
    ),
    "transfer all": lambda opened: transfer_all([ONE, OTHER], opened("cyclegan"), back=True),
    "swap": lambda opened: swap(ONE, OTHER, opened("swapping_autoencoder")),
    "swap, by a model that was chosen": lambda opened: swap(ONE, OTHER, AUTO),
    "swap, by patches": lambda opened: swap(ONE, OTHER, PATCHES, short_side=64),
    "swap, by patches that were chosen": lambda opened: swap(OTHER, ONE, AUTO, short_side=64),
    "swap grid": lambda opened: swap_grid([ONE, OTHER], [ONE], opened("swapping_autoencoder")),
    "structural analogy": lambda opened: structural_analogy(ONE, OTHER, long_side=130),
    "structural analogy, lengthy, reverse": lambda opened: structural_analogy(
        picture(160, 20), OTHER, reverse=True, **ANALOGY
    ),
    "structural analogy, one way": lambda opened: structural_analogy(
        ONE, OTHER, correspondence="figures", **ANALOGY
    ),
    "structural analogy, scribbles": lambda opened: structural_analogy(
        ONE, OTHER, scribbles=(scribbles(ONE.size), scribbles(OTHER.size)), **ANALOGY
    ),
    "semantic analogy": lambda opened: semantic_analogy(
        A[0], label_map(20), label_map(40), **ANALOGY
    ),
    "semantic analogy, nothing changed": lambda opened: semantic_analogy(
        A[0], label_map(20), label_map(20), keep=True, **ANALOGY
    ),
    "semantic analogy, a strange label": lambda opened: semantic_analogy(
        A[0], label_map(20), with_a_strange_label(), keep=True, **ANALOGY
    ),
    "move a region": lambda opened: move_region(A[0], (5, 5), (3, 2), label_map(20), **ANALOGY),
    "resize a region": lambda opened: resize_region(A[0], (5, 5), 4, label_map(20), **ANALOGY),
    "remove an object": lambda opened: remove_object(ONE, spot(), long_side=64),
    "finetune from tracings": lambda opened: finetune_from(
        opened("pix2pixhd", in_channels=1), finetune_pairs, None, [ONE], steps=2, crop_size=32
    ),
    "finetune domains": lambda opened: finetune_from(
        opened("cut"), finetune_domains, [ONE], [OTHER], steps=2
    ),
}


@pytest.mark.parametrize("name", WORKS)
def test_records_count_up(name: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    small_tiles(monkeypatch)
    monkeypatch.setattr(
        texture_swap,
        "choose",
        lambda structure, texture: Choice(
            opened("swapping_autoencoder") if structure.size == ONE.size else PATCHES
        ),
    )
    records = list(WORKS[name](opened))
    steps = [record.step for record in records]
    totals = [record.total for record in records]
    assert steps == sorted(steps)
    assert totals == sorted(totals)
    assert all(0 <= step <= total for step, total in zip(steps, totals, strict=True))
    assert steps[-1] == totals[-1]
    # Done is what is done at the end: before, something is left.
    assert all(step < total for step, total in zip(steps[:-1], totals[:-1], strict=True))
    assert len(set(totals)) <= 2  # what the work is may turn out once
    assert records[-1].picture is not None
    assert all(isinstance(record.note, str) for record in records)


def test_the_tiles_are_counted(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    small_tiles(monkeypatch)
    assert len(list(WORKS["transfer, in tiles, and back"](opened))) > 2


def test_a_fit_that_is_stopped_ends_with_what_was_done(tmp_path: Path) -> None:
    out = Destination(tmp_path / "m.safetensors")
    *_, last = run_fit(small(steps=9), A, A, out, stop=lambda: True, pace=Pace(record=0))
    assert (last.step, last.total) == (1, 9)  # the exception: the bar stays where it stopped
