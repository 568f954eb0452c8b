"""Teach it: what a visitor brings is checked, learnt, stopped and kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.plain_networks import PlainResNet, PlainUNet
from demos.shared import finetune as fits
from demos.shared import models
from demos.sketch_to_photo import draw, finetune
from i2i_core.checkpoints.model_zoo import model_info, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.pairs import RECIPE
from tests.helpers import gallery


def test_photographs_are_to_be_traced(tmp_path: Path) -> None:
    a, b = finetune.pairs(finetune.TRACED, gallery(tmp_path, 4), None, None, None)
    assert a is None
    assert len(b) == 4


def test_side_by_side_pictures_are_cut_in_two(tmp_path: Path) -> None:
    wide = gallery(tmp_path, 3, (200, 100))
    a, b = finetune.pairs(finetune.SIDES, None, wide, None, None)
    assert a is not None
    assert len(a) == len(b) == 3
    assert a[0].size == b[0].size == (100, 100)


@pytest.mark.parametrize(
    ("kind", "counts", "sentence"),
    [
        (finetune.TRACED, (2, 0, 0), "Add 3 photographs"),
        (finetune.TRACED, (0, 0, 0), "Add 3 photographs"),
        (finetune.GALLERIES, (0, 3, 4), "give one for each"),
        (finetune.GALLERIES, (0, 3, 0), "wanted pictures"),
    ],
)
def test_what_cannot_be_learnt_from_is_said(
    tmp_path: Path, kind: str, counts: tuple[int, int, int], sentence: str
) -> None:
    photos, sources, partners = (gallery(tmp_path, n, seed=i) for i, n in enumerate(counts))
    with pytest.raises(InputError, match=sentence):
        finetune.pairs(kind, photos, None, sources, partners)


def test_narrow_pictures_are_no_pairs_side_by_side(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="side by side"):
        finetune.pairs(finetune.SIDES, None, gallery(tmp_path, 3), None, None)


def test_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    one = gallery(tmp_path, 1)
    with pytest.raises(InputError, match="too many"):
        finetune.pairs(finetune.TRACED, one * (fits.MAX_PICTURES + 1), None, None, None)


def fit(
    tmp_path: Path, stop_after: int | None = None, steps: int = 12, recipe: str = RECIPE
) -> tuple[str, list[fits.FitView]]:
    target = str(models.new_file("discs"))
    views = []
    for view in finetune.fit(
        target, finetune.TRACED, gallery(tmp_path, 4), None, None, None, recipe, steps, 128,
        fits.NOTHING,
    ):  # fmt: skip
        views.append(view)
        if stop_after is not None and len(views) == stop_after:
            fits.stop(target)
    return target, views


@pytest.mark.parametrize(("recipe", "method"), [("pix2pixHD", "pix2pixhd"), ("pix2pix", "pix2pix")])
def test_a_fit_shows_itself_and_ends_with_a_model_to_draw_with(
    tmp_path: Path, recipe: str, method: str
) -> None:
    target, views = fit(tmp_path, recipe=recipe, steps=12 if recipe == RECIPE else 2)
    assert any(isinstance(view.picture, Image.Image) for view in views)
    assert "Done" in views[-1].status
    assert Path(target).is_file()
    model = model_info(target)
    assert (model.method, model.takes) == (method, "sketch")
    with gr.Blocks():
        visit_paths, update, parts = draw.build().use(target, [])
    assert visit_paths == [target]
    assert parts.selected == "draw"
    assert (model.title, target) in [tuple(choice) for choice in update.choices]
    view = draw.follow(draw._stored(0), None, target, "drawing", 0)
    assert view.picture.size == (draw.SIDE, draw.SIDE)
    assert "128 × 128" in view.status
    choices = finetune._starts(recipe, [target]).choices
    assert (model.title, target) in choices


@pytest.mark.parametrize("kind", [finetune.SIDES, finetune.GALLERIES])
def test_pairs_are_learnt_as_well(tmp_path: Path, kind: str) -> None:
    sides = gallery(tmp_path, 3, (260, 130))
    sources, partners = (gallery(tmp_path, 3, seed=seed) for seed in (1, 2))
    target = str(models.new_file("pairs"))
    galleries = (None, sides, sources, partners)
    views = list(finetune.fit(target, kind, *galleries, RECIPE, 3, 128, fits.NOTHING))
    assert "Done" in views[-1].status
    assert model_info(target).takes == ""
    # On the canvas it may be given a drawing or a photograph.
    view = draw._changed(target, "photograph")
    assert view.photo.visible
    assert view.kind.visible
    result = draw.follow(None, sources[0][0], target, "photograph", 0)
    assert result.picture.size == (draw.SIDE, draw.SIDE)


def test_stop_keeps_what_was_learnt(tmp_path: Path) -> None:
    target, views = fit(tmp_path, stop_after=2, steps=4000)
    assert "Stopped" in views[-1].status
    assert 0 < model_info(target).steps < 4000
    assert open_model(target).method.fitted


def test_a_model_goes_on_from_another(tmp_path: Path) -> None:
    first, _ = fit(tmp_path)
    target = str(models.new_file("more"))
    photos = gallery(tmp_path, 4)
    traced = (finetune.TRACED, photos, None, None, None)
    views = list(finetune.fit(target, *traced, RECIPE, 5, 128, first))
    assert "Done" in views[-1].status
    pairs = (finetune.GALLERIES, None, None, photos, photos)
    with pytest.raises(gr.Error, match="start from nothing"):
        list(finetune.fit(target, *pairs, RECIPE, 5, 128, first))


@pytest.mark.parametrize(
    ("recipe", "kind", "usual"),
    [
        ("pix2pixHD", finetune.TRACED, "pix2pix.cats"),
        ("pix2pixHD", finetune.SIDES, "pix2pix.facades"),
        ("pix2pixHD", finetune.GALLERIES, "pix2pix.facades"),
        ("pix2pix", finetune.TRACED, None),
    ],
)
def test_the_usual_start_has_such_sources(recipe: str, kind: str, usual: str | None) -> None:
    expected = fits.NOTHING if usual is None else str(models.shipped_model(usual).path)
    assert finetune._usual_start(recipe, kind) == expected
    assert expected in [value for _, value in finetune._starts(recipe, []).choices]


def test_models_are_kept_for_two_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(models.tempfile, "tempdir", str(tmp_path))
    old, young = models.new_file("old"), models.new_file("young")
    for path in (old, young):
        path.write_bytes(b"a model")
    past = time.time() - models.MODEL_LIFETIME_S - 60
    for path in (old, old.parent):
        os.utime(path, (past, past))
    models.new_file("third")
    assert not old.exists()
    assert young.exists()
    labels = [label for label, _ in models.choices([str(old)], "pairs")]
    assert labels == [model.title for model in models.shipped("pairs")]


def test_only_model_files_can_be_brought(tmp_path: Path) -> None:
    path = tmp_path / "holiday.safetensors"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError, match="is not a"):
        models.bring(str(path), "pairs")
    with pytest.raises(InputError, match="Choose a file first"):
        models.bring(None, "pairs")
    target, _ = fit(tmp_path, steps=3)
    assert models.bring(target, "pairs") == target
    with pytest.raises(InputError, match="from pairs: bring it to the tab “Sketch to photo”"):
        models.bring(target, "domains", "single pair")


def test_a_published_generator_is_brought_and_given_what_the_visitor_says(tmp_path: Path) -> None:
    weights = PlainUNet(width=4, depth=6).state_dict()
    torch.save(weights, tmp_path / "edges2shoes_net_G.pth")
    path = models.bring(str(tmp_path / "edges2shoes_net_G.pth"), "pairs")
    assert "edges2shoes" in model_info(path).title
    drawing, photo = draw._stored(0), gallery(tmp_path, 1)[0][0]
    of_drawing, of_photo = (
        draw.follow(drawing, photo, path, kind, 0).picture for kind in ("drawing", "photograph")
    )
    assert of_drawing.size == (draw.SIDE, draw.SIDE)
    difference = np.asarray(of_drawing, float) - np.asarray(of_photo, float)
    assert np.abs(difference).mean() > 1
    (tmp_path / "holiday.pth").write_bytes(b"PK no weights")
    with pytest.raises(InputError):
        models.bring(str(tmp_path / "holiday.pth"), "pairs")


def test_a_published_generator_of_domains_is_sent_to_its_tab(tmp_path: Path) -> None:
    torch.save(PlainResNet(width=4, blocks=6).state_dict(), tmp_path / "horse2zebra.pth")
    with pytest.raises(InputError, match="bring it to the tab “Domain transfer”"):
        models.bring(str(tmp_path / "horse2zebra.pth"), "pairs")
