"""Texture swap: strengths, detail, patches where no model fits, grids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from demos.shared.widgets import starter
from examples.swaps import CATS, LANDSCAPES
from i2i_core.checkpoints.model_zoo import LoadedModel, model_info, open_model
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.methods.swapping_codes import decode, encode
from i2i_core.methods.swapping_statistics import out_of_distribution_score
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.instant_swap import RECOLOURED, InstantSwap
from i2i_core.pipelines.texture_swap import (
    AUTO,
    PATCHES,
    as_swapper,
    choose,
    reason,
    swap,
    swap_grid,
    with_rest,
)
from i2i_core.progress import Progress, last_picture
from tests.helpers import picture

ONE, OTHER = picture(64, 64), picture(80, 64, seed=1)


def records(*arguments: object, **settings: object) -> list[Progress]:
    events = list(swap(*arguments, **settings))  # type: ignore[arg-type]
    assert events[-1].step == events[-1].total
    return events


def test_strength_goes_from_the_picture_itself_to_the_swap_and_beyond(
    swapper_model: LoadedModel,
) -> None:
    results = [
        last_picture(swap(ONE, OTHER, swapper_model, strength=s, detail=0))
        for s in (0, 0.5, 1, 1.5)
    ]
    assert difference(results[0], ONE) < 0.6  # rounding
    method = as_swapper(swapper_model)
    expected = decode(method, encode(method, ONE).textured(encode(method, OTHER)))
    assert difference(results[2], expected) == 0
    gaps = [difference(m, results[2]) for m in results]
    assert gaps[0] > gaps[1] > 0
    assert gaps[3] > 0


def test_detail_is_what_the_network_loses_of_fine_lightness(swapper_model: LoadedModel) -> None:
    fine = Image.fromarray(np.tile(np.array([[60, 180], [180, 60]], np.uint8), (32, 32)))
    plain, detailed = (
        last_picture(swap(fine.convert("RGB"), OTHER, swapper_model, detail=d)) for d in (0, 1)
    )

    def grain(p: Image.Image) -> float:
        return float(np.abs(np.diff(np.asarray(p, float), axis=1)).mean())

    assert grain(detailed) > grain(plain) + 5
    change = np.asarray(detailed, float) - np.asarray(plain, float)
    assert np.abs(change - change.mean(2, keepdims=True))[8:-8, 8:-8].max() < 130
    assert with_rest(plain, ONE, ONE, 0.5, 0.5).tobytes() == plain.tobytes()  # nothing was lost


def test_a_named_model_says_that_it_made_it(swapper_model: LoadedModel) -> None:
    (record,) = records(ONE, OTHER, swapper_model)
    assert record.note == "Made by the model small."


def test_the_ways_without_a_model_answer_for_any_pair() -> None:
    events = records(ONE, OTHER, PATCHES, short_side=64)
    assert events[-1].picture is not None
    assert events[-1].picture.size == (64, 64)
    assert events[-1].note == reason(PATCHES)
    assert "patches of the texture picture" in events[-1].note
    # The recoloured picture is there at once, and nothing worse is shown before the last one.
    recoloured = last_picture(swap(ONE, OTHER, PATCHES, short_side=64, strength=RECOLOURED))
    assert [e.picture for e in events[1:-1]] == [None] * (len(events) - 2)
    assert events[0].picture is not None
    assert difference(events[0].picture, recoloured) == 0


def test_strength_goes_over_the_recoloured_picture_to_the_remade_one() -> None:
    nothing, little, recoloured, between, whole, beyond = (
        last_picture(swap(ONE, OTHER, PATCHES, short_side=64, strength=s))
        for s in (0, RECOLOURED / 2, RECOLOURED, (1 + RECOLOURED) / 2, 1, 1.5)
    )
    assert difference(nothing, ONE) == 0
    for one, middle, other in ((nothing, little, recoloured), (recoloured, between, whole)):
        mean = (np.asarray(one, float) + np.asarray(other, float)) / 2
        assert np.abs(np.asarray(middle, float) - mean).mean() < 1
        assert difference(one, other) > 2
    assert difference(beyond, whole) == 0  # there is nothing to exaggerate
    (record,) = records(ONE, OTHER, AUTO, short_side=64, strength=RECOLOURED)
    assert "Recoloured" in record.note


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"strength": 2}, "strength"),
        ({"detail": -1}, "detail"),
        ({"short_side": 5000}, "short side"),
        ({"model": "nothing.safetensors"}, "way to swap"),
    ],
)
def test_what_cannot_be_is_said(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        records(ONE, OTHER, **settings)


def test_a_model_of_another_method_swaps_nothing() -> None:
    with pytest.raises(InputError, match="no swapping autoencoder"):
        records(ONE, OTHER, open_model("cut.monet"))


@pytest.mark.parametrize(
    ("structure", "texture", "expected"),
    [
        ("chelsea", "kitten_photo", CATS),
        ("tomcat_photo", "tabby_photo", CATS),
        ("meadow", "lake_winter", LANDSCAPES),
        ("lake", "meadow_photo", LANDSCAPES),
        ("chelsea", "lake", PATCHES),
        ("letter", "pebbles", PATCHES),
        ("letter", "mosaic", PATCHES),
        ("palace_photo", "chelsea", PATCHES),
    ],
)
def test_the_model_that_was_taught_such_pictures_is_tried(
    structure: str, texture: str, expected: str
) -> None:
    pair = [open_image(starter(f"{name}.jpg")) for name in (structure, texture)]
    model = choose(*pair)
    assert (model.info.name if isinstance(model, LoadedModel) else model) == expected


def test_auto_says_which_made_it_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    chelsea, kitten, lake = (
        open_image(starter(f"{name}.jpg")) for name in ("chelsea", "kitten_photo", "lake")
    )
    strangers = records(chelsea, lake, AUTO, short_side=64)
    assert reason(PATCHES) in strangers[-1].note
    assert "No model here was taught" in strangers[-1].note
    tried = records(chelsea, kitten, AUTO, short_side=64)
    assert reason(PATCHES) in tried[-1].note
    assert f"The model {CATS} was tried" in tried[-1].note
    # A model that does better is taken at its word.
    monkeypatch.setattr(InstantSwap, "is_beaten_by", lambda pair, picture: True)
    by_model = records(chelsea, kitten, AUTO)
    assert by_model[-1].note == reason(model_info(CATS))
    assert CATS in by_model[-1].note
    assert by_model[-1].picture is not None
    by_name = last_picture(swap(chelsea, kitten, open_model(CATS)))
    assert difference(by_model[-1].picture, by_name) == 0


def test_a_swap_is_better_if_it_is_nearer_within_regions_and_keeps_the_arrangement() -> None:
    chelsea, kitten = (open_image(starter(f"{n}.jpg")) for n in ("chelsea", "kitten_photo"))
    pair = InstantSwap(chelsea, kitten, 128)
    assert not pair.is_beaten_by(pair.source)  # all of the arrangement, none of the texture
    assert not pair.is_beaten_by(kitten.resize(pair.source.size))  # and the other way round
    assert not pair.is_beaten_by(pair.recoloured)
    same = InstantSwap(chelsea, chelsea, 128)
    same.recoloured = same.recoloured.rotate(180)
    assert same.is_beaten_by(chelsea)


def test_a_misfit_is_smaller_for_what_was_learnt() -> None:
    cats = as_swapper(open_model(CATS))
    cat, stranger = (open_image(starter(f"{n}.jpg")) for n in ("tabby_photo", "letter"))
    assert out_of_distribution_score(cats, cat) < 1 < out_of_distribution_score(cats, stranger)


def test_a_grid_has_every_structure_with_every_texture(swapper_model: LoadedModel) -> None:
    sides = [picture(64, 64, s) for s in (0, 1)], [picture(90, 64, s) for s in (2, 3, 4)]
    work: Iterator[Progress] = swap_grid(*sides, swapper_model)
    events = list(work)
    assert [record.step for record in events] == [1, 2]
    sheet = events[-1].picture
    assert sheet is not None
    assert sheet.size == (4 * 64, 3 * 64)
    cell = sheet.crop((2 * 64, 2 * 64, 3 * 64, 3 * 64))
    expected = last_picture(swap(sides[0][1], sides[1][1], swapper_model))
    assert difference(cell, expected) == 0
    assert difference(sheet.crop((0, 64, 64, 128)), sides[0][0]) == 0


def test_a_grid_without_a_model_is_recoloured() -> None:
    one, others = picture(64, 64), [picture(64, 64, s) for s in (3, 4)]
    *_, last = swap_grid([one], others, AUTO, short_side=64)
    assert (last.step, last.total) == (1, 1)
    assert "recoloured" in last.note
    assert last.picture is not None
    assert last.picture.size == (3 * 64, 2 * 64)
    cell = last.picture.crop((2 * 64, 64, 3 * 64, 2 * 64))
    alone = last_picture(swap(one, others[1], PATCHES, short_side=64, strength=RECOLOURED))
    assert difference(cell, alone) == 0
    with pytest.raises(InputError, match="way to swap"):
        list(swap_grid([one], others, "nothing"))


def test_a_picture_too_narrow_for_a_model_is_made_of_patches() -> None:
    wide = picture(640, 64)
    assert choose(wide, wide) == PATCHES
    with pytest.raises(InputError, match="too narrow"):
        records(wide, OTHER, open_model(CATS))
