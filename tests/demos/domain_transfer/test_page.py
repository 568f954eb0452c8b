"""The tab "Domain transfer" below its layout: what is translated, learnt and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demos.domain_transfer import finetune as teach_domains
from demos.domain_transfer import inspect as look_inside
from demos.domain_transfer import models as domains
from demos.domain_transfer import single_pair as one_each
from demos.domain_transfer import translate as translate_domains
from demos.shared import finetune as fitting
from demos.shared import models
from demos.shared.widgets import starter
from examples.starters import FOLDER
from examples.translations import ONE_EACH, SCENES, TRANSLATIONS, Translated
from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.pipelines.domain_transfer import blend, difference, transfer
from i2i_core.progress import last_picture
from tests.demos.sketch_to_photo.test_finetune import gallery

MEADOW = starter("meadow.jpg")
MONET, TWO_WAY = (str(models.shipped_path(name)) for name in ("cut.monet", "cyclegan.monet"))


def model_file(folder: Path, about: str, both: bool = True) -> str:
    method = CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4, both=both))
    method.fitted = True
    path = folder / "m.safetensors"
    save(method, path, about=about)
    return str(path)


def test_every_direction_of_every_model_can_be_chosen() -> None:
    labels = dict(domains.choices([]))
    assert {"Summer to winter (CUT)", "Winter to summer (CUT)"} <= set(labels)
    assert domains.parse(labels["Photograph to Monet (CycleGAN)"]) == (TWO_WAY, False)
    assert domains.parse(labels["Monet to photograph (CycleGAN)"]) == (TWO_WAY, True)
    assert sum(value.startswith(MONET) for value in labels.values()) == 1
    assert not any("pix2pix" in value for value in labels.values())
    assert domains.first() in labels.values()


@pytest.mark.parametrize(
    ("about", "both", "expected"),
    [
        ("Horse to zebra: both ways", True, ("Horse to zebra", "Zebra to horse")),
        ("Horse to zebra", False, ("Horse to zebra", "")),
        ("stripes", True, ("stripes", "stripes, back")),
        ("", True, ("m", "m, back")),
    ],
)
def test_directions_are_named_by_what_a_model_does(
    tmp_path: Path, about: str, both: bool, expected: tuple[str, str]
) -> None:
    path = model_file(tmp_path, about, both)
    assert domains.directions(model_info(path)) == expected
    assert domains.is_two_way(path) == bool(expected[1])


@pytest.mark.parametrize("chosen", TRANSLATIONS, ids=lambda chosen: chosen.name)
def test_a_stored_translation_is_what_its_model_makes(chosen: Translated) -> None:
    source = open_image(FOLDER / f"{chosen.source}.jpg")
    made = last_picture(transfer(source, chosen.model, reverse=chosen.reverse))
    kept = open_image(FOLDER / f"{chosen.name}.jpg")
    assert made.size == kept.size
    assert difference(made, kept) < 6  # what JPEG leaves of strokes
    assert difference(made, source) > 2 * difference(made, kept)


def test_all_starters_are_there() -> None:
    for name in (*SCENES, *ONE_EACH, *(t.name for t in TRANSLATIONS)):
        assert (FOLDER / f"{name}.jpg").stat().st_size < 200_000


def run(way: str, *, other: str = translate_domains.NONE, strength: float = 1.0) -> list[Any]:
    """What stands on the page at the end: of every output the last value that was not skipped."""
    shown: list[Any] = [None] * 6
    for record in translate_domains.run(MEADOW, way, "broad", other, strength, False):
        shown = [old if new == gr.skip() else new for old, new in zip(shown, record, strict=True)]
    return shown


def test_a_picture_is_translated_and_comes_back() -> None:
    said, (before, after), compared, back, error, made = run(TWO_WAY)
    assert "320 × 320" in said
    assert before.size == after.size == back.size == (320, 320)
    assert difference(before, after) > 3
    assert f"{difference(before, back):.1f}" in error
    assert not compared.visible
    # The strength is applied to what was made already.
    again, _ = translate_domains._again(made, 0.5, False)
    assert difference(again[1], blend(before, after, 0.5)) < 0.01


def test_a_removed_picture_is_no_mistake() -> None:
    (record,) = translate_domains.run(None, MONET, "broad", translate_domains.NONE, 1, False)
    assert "Add a picture" in record[0]
    assert record[1:] == [gr.skip()] * 5


def test_two_models_side_by_side() -> None:
    way_back = TWO_WAY + domains.WAY_BACK
    _, (_, after), compared, back, error, made = run(MONET, other=way_back, strength=0.5)
    assert back is None
    assert "one way" in error
    assert compared.visible
    expected = last_picture(transfer(open_image(MEADOW), TWO_WAY, reverse=True, size=320))
    assert difference(made[2], expected) < 0.1
    assert difference(after, made[1]) > 1


def test_a_gallery_is_translated_one_by_one(tmp_path: Path) -> None:
    files = gallery(tmp_path, 3)
    records = list(translate_domains.run_many(files, MONET, "finest", 1, False))
    assert [len(record[1]) for record in records] == [1, 2, 3, 3]
    assert records[-1][1][0].size == (140, 140)
    for wrong, sentence in ((None, "Add pictures"), (files * 20, "too many")):
        with pytest.raises(gr.Error, match=sentence):
            list(translate_domains.run_many(wrong, MONET, "broad", 1, False))


def test_a_brought_model_can_be_chosen_unless_it_learnt_from_pairs(tmp_path: Path) -> None:
    path = model_file(tmp_path, "Mud to gold")
    own, update = translate_domains._bring(path, [])
    assert own == [path]
    assert update.value == path
    assert ("Gold to mud (CycleGAN)", path + domains.WAY_BACK) in [tuple(c) for c in update.choices]
    with pytest.raises(gr.Error, match="Sketch to photo"):
        translate_domains._bring(str(models.shipped_path("pix2pix.cats")), [])


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (CUT, CycleGAN):
        laptop = {**kind.presets["laptop"], "width": 4, "blocks": 1, "discriminator_width": 4}
        laptop |= {"nce_layers": (0, 4)} if kind is CUT else {}
        monkeypatch.setattr(kind, "presets", {"paper": {}, "laptop": laptop})


@pytest.mark.parametrize("kind", ["CUT", "CycleGAN"])
def test_what_is_taught_is_used(kind: str, tmp_path: Path, narrow: None) -> None:
    a, b, pairs_a, pairs_b = (gallery(tmp_path, n, seed=s) for s, n in enumerate((5, 6, 2, 2)))
    target = str(models.new_file("discs to discs"))
    records = list(
        teach_domains.fit(target, a, b, pairs_a, pairs_b, kind, 3, teach_domains.NOTHING)
    )
    assert any(isinstance(record[1], Image.Image) for record in records)
    assert "3 of 3 steps" in records[-1][0]
    assert records[-1][4].visible
    own, update, parts = domains.use(target, [])
    assert update.value == target
    assert parts.selected == "translate"
    _, (_, after), *_ = run(update.value)
    assert after.size == (320, 320)
    assert (target in [value for _, value in teach_domains._starts(own, kind)]) is True


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((4, 5, 0, 0), "Add 5 pictures to gallery 1"),
        ((5, 4, 0, 0), "Add 5 pictures to gallery 2"),
        ((5, 5, 2, 1), "2 and 1 pictures of pairs"),
        ((5, 5, 0, 1), "0 and 1 pictures of pairs"),
    ],
)
def test_what_cannot_be_taught_is_said(
    tmp_path: Path, counts: tuple[int, ...], sentence: str
) -> None:
    galleries = [gallery(tmp_path, n, seed=s) if n else None for s, n in enumerate(counts)]
    with pytest.raises(gr.Error, match=sentence):
        list(teach_domains.fit("x", *galleries, "CUT", 3, teach_domains.NOTHING))


def test_the_usual_starts_fit_their_methods() -> None:
    for kind in teach_domains.STARTS:
        values = [value for _, value in teach_domains._starts([], kind)]
        assert teach_domains._usual_start(kind) in values
    with pytest.raises(InputError):
        teach_domains.known_pairs([("a.png", None)], None)


def test_one_picture_each_at_once_and_learnt(tmp_path: Path) -> None:
    (a, _), (b, _) = gallery(tmp_path, 2, (160, 120))
    records = list(one_each.paint(a, b))
    pairs = [pair for _, pair in records if isinstance(pair, tuple)]
    assert pairs[-1][0].size == pairs[-1][1].size == (384, 288)
    target = str(models.new_file("one"))
    fits = list(one_each.fit(target, a, b, 2))
    assert "2 of 2 steps" in fits[-1][0]
    assert model_info(target).method == "sincut"
    with pytest.raises(gr.Error, match="Add the picture to paint it like"):
        list(one_each.paint(a, None))


def test_a_click_asks_where_a_spot_comes_from() -> None:
    first = look_inside.see(MEADOW, MONET, (0.2, 0.2), "8")
    other = look_inside.see(MEADOW, MONET, (0.8, 0.9), "8")
    assert {picture.size for picture in first[1:]} == {(256, 256)}
    assert difference(first[1], other[1]) == 0  # the judgement does not depend on it
    one, two = (np.asarray(look[4], int) for look in (first, other))
    assert np.abs(one - two).max() > 60  # another place glows
    event = gr.SelectData(None, {"index": [64, 192], "value": None})
    assert look_inside._clicked(first[3], event) == (0.25, 0.75)


def test_a_cyclegan_is_judged_only() -> None:
    radio, column = look_inside._chosen(TWO_WAY)
    assert not radio.visible
    assert not column.visible
    _, source, made, *rest = look_inside.see(MEADOW, TWO_WAY, (0.5, 0.5), None)
    assert source.size == made.size == (256, 256)
    assert rest == [None] * 4
    assert look_inside._chosen(MONET)[0].visible


def test_stopping_without_a_fit_says_so() -> None:
    assert "Nothing is being fitted" in fitting.stop("")
    assert np.asarray(Image.open(MEADOW)).std() > 20


def test_a_layer_is_chosen_from_the_start() -> None:
    with gr.Blocks() as page:
        look_inside.build(gr.State([]))
    (layer,) = [block for block in page.blocks.values() if isinstance(block, gr.Radio)]
    assert layer.value == "8"
    assert [value for value, _ in layer.choices] == ["0", "4", "8", "12", "16"]
