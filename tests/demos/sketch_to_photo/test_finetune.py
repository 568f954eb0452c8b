"""Teach it: what a visitor brings is checked, learnt, stopped and kept."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.plain_networks import PlainResNet
from demos.shared import finetune as fitting
from demos.shared import models
from demos.sketch_to_photo import draw
from demos.sketch_to_photo import finetune as teach
from i2i_core.checkpoints.model_zoo import model_info, open_model
from i2i_core.errors import InputError


def gallery(folder: Path, count: int, size: tuple[int, int] = (140, 140), seed: int = 0) -> Any:
    """Files as a gallery gives them: discs of various sizes on grounds of various colours."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: size[1], : size[0]]
    found = []
    for number in range(count):
        colour = random.integers(0, 255, (2, 3))
        disc = (y - size[1] / 2) ** 2 + (x - size[0] / 2) ** 2 < random.integers(25, 60) ** 2
        path = folder / f"{seed}_{number}.png"
        Image.fromarray(colour[disc.astype(int)].astype(np.uint8)).save(path)
        found.append((str(path), None))
    return found


def test_photographs_are_to_be_traced(tmp_path: Path) -> None:
    a, b = teach.pairs(teach.TRACED, gallery(tmp_path, 4), None, None, None)
    assert a is None
    assert len(b) == 4


def test_side_by_side_pictures_are_cut_in_two(tmp_path: Path) -> None:
    wide = gallery(tmp_path, 3, (200, 100))
    a, b = teach.pairs(teach.SIDES, None, wide, None, None)
    assert a is not None
    assert len(a) == len(b) == 3
    assert a[0].size == b[0].size == (100, 100)


@pytest.mark.parametrize(
    ("what", "counts", "sentence"),
    [
        (teach.TRACED, (2, 0, 0), "Add 3 photographs"),
        (teach.TRACED, (0, 0, 0), "Add 3 photographs"),
        (teach.GALLERIES, (0, 3, 4), "give one for each"),
        (teach.GALLERIES, (0, 3, 0), "wanted pictures"),
    ],
)
def test_what_cannot_be_learnt_from_is_said(
    tmp_path: Path, what: str, counts: tuple[int, int, int], sentence: str
) -> None:
    photos, sources, wanted = (gallery(tmp_path, n, seed=i) for i, n in enumerate(counts))
    with pytest.raises(InputError, match=sentence):
        teach.pairs(what, photos, None, sources, wanted)


def test_narrow_pictures_are_no_pairs_side_by_side(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="side by side"):
        teach.pairs(teach.SIDES, None, gallery(tmp_path, 3), None, None)


def test_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    one = gallery(tmp_path, 1)
    with pytest.raises(InputError, match="too many"):
        teach.pairs(teach.TRACED, one * (fitting.MAX_PICTURES + 1), None, None, None)


def fitted(tmp_path: Path, stop_after: int | None = None, steps: int = 12) -> tuple[str, list[Any]]:
    target = str(models.new_file("discs"))
    shown = []
    for record in teach.fit(
        target, teach.TRACED, gallery(tmp_path, 4), None, None, None, steps, 128, teach.NOTHING
    ):
        shown.append(record)
        if stop_after is not None and len(shown) == stop_after:
            fitting.stop(target)
    return target, shown


def test_a_fit_shows_itself_and_ends_with_a_model_to_draw_with(tmp_path: Path) -> None:
    target, shown = fitted(tmp_path)
    pictures = [record[1] for record in shown if isinstance(record[1], Image.Image)]
    assert pictures
    assert "Done" in shown[-1][0]
    assert Path(target).is_file()
    model = model_info(target)
    assert (model.method, model.takes, model.steps) == ("pix2pixhd", "sketch", 12)
    own, update, _ = teach._use(target, [])
    assert own == [target]
    assert (models.title(model), target) in [tuple(choice) for choice in update.choices]
    *_, (said, photo) = draw.follow(draw._stored(0), None, target, "drawing", 0)
    assert photo.size == (draw.SIDE, draw.SIDE)
    assert "128 × 128" in said


@pytest.mark.parametrize("what", [teach.SIDES, teach.GALLERIES])
def test_pairs_are_learnt_as_well(tmp_path: Path, what: str) -> None:
    sides = gallery(tmp_path, 3, (260, 130))
    sources, wanted = (gallery(tmp_path, 3, seed=seed) for seed in (1, 2))
    target = str(models.new_file("pairs"))
    records = list(teach.fit(target, what, None, sides, sources, wanted, 3, 128, teach.NOTHING))
    assert "Done" in records[-1][0]
    assert model_info(target).takes == ""
    # On the canvas it may be given a drawing or a photograph.
    _, photo, gives, *_ = draw._changed(target, "photograph")
    assert photo.visible
    assert gives.visible
    *_, (_, made) = draw.follow(None, sources[0][0], target, "photograph", 0)
    assert made.size == (draw.SIDE, draw.SIDE)


def test_stop_keeps_what_was_learnt(tmp_path: Path) -> None:
    target, shown = fitted(tmp_path, stop_after=2, steps=4000)
    assert "Stopped" in shown[-1][0]
    assert 0 < model_info(target).steps < 4000
    assert open_model(target).fitted


def test_a_model_goes_on_from_another(tmp_path: Path) -> None:
    first, _ = fitted(tmp_path)
    target = str(models.new_file("more"))
    records = list(
        teach.fit(target, teach.TRACED, gallery(tmp_path, 4), None, None, None, 5, 128, first)
    )
    assert "Done" in records[-1][0]
    with pytest.raises(gr.Error, match="start from nothing"):
        list(
            teach.fit(
                target,
                teach.GALLERIES,
                None,
                None,
                gallery(tmp_path, 3),
                gallery(tmp_path, 3),
                5,
                128,
                first,
            )
        )


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
    assert [label for label, _ in models.choices([str(old)])] == [
        models.title(model) for model in models.shipped()
    ]


def test_only_model_files_can_be_brought(tmp_path: Path) -> None:
    path = tmp_path / "holiday.safetensors"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError, match="is not a"):
        models.bring(str(path), [])
    target, _ = fitted(tmp_path, steps=3)
    assert models.bring(target, []) == (target, [target])


def test_a_published_generator_is_brought_and_given_what_the_visitor_says(tmp_path: Path) -> None:
    weights = PlainResNet(width=4, blocks=6).state_dict()
    torch.save(weights, tmp_path / "edges2shoes_net_G.pth")
    path, own = models.bring(str(tmp_path / "edges2shoes_net_G.pth"), [])
    assert own == [path]
    assert "edges2shoes" in models.title(model_info(path))
    drawing = draw._stored(0)
    *_, (_, drawn) = draw.follow(drawing, None, path, "drawing", 0)
    *_, (_, other) = draw.follow(drawing, gallery(tmp_path, 1)[0][0], path, "photograph", 0)
    assert drawn.size == (draw.SIDE, draw.SIDE)
    assert np.abs(np.asarray(drawn, float) - np.asarray(other, float)[: draw.SIDE]).mean() > 1
    (tmp_path / "holiday.pth").write_bytes(b"PK no weights")
    with pytest.raises(InputError):
        models.bring(str(tmp_path / "holiday.pth"), [])
