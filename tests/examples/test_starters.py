"""The starter pictures of the page: all there, of the right sizes, and small."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from examples.drawings import DRAWINGS, SIDE, Drawing
from examples.starters import FOLDER, PAIRS, RESULT_SIZE, SCENES, Pair
from examples.swaps import CAT_PHOTOS, GRID, STRUCTURE, SWAPS, Swapped, swapped
from examples.translations import ONE_EACH, TRANSLATIONS, Translated
from examples.translations import SCENES as TRANSLATED_SCENES
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.images.files import open_image
from i2i_core.labels.maps import PALETTE
from i2i_core.methods.structural_analogy import StructuralAnalogy
from i2i_core.pipelines.domain_transfer import difference, transfer
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture

MEGABYTE = 10**6


def size_of(name: str) -> tuple[int, int]:
    with Image.open(FOLDER / name) as picture:
        picture.load()
        assert picture.mode == "RGB"
        return picture.size


def distance_to_stored(picture: Image.Image, name: str) -> float:
    """The mean difference of `picture`, as a JPEG, to the stored one, in grey levels."""
    file = BytesIO()
    picture.save(file, "JPEG", quality=90)
    with Image.open(file) as one, Image.open(FOLDER / name) as other:
        return difference(one, other)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.structure}+{pair.appearance}")
def test_a_pair_has_pictures_results_and_a_thumbnail(pair: Pair) -> None:
    a, b = pair.structure, pair.appearance
    assert max(size_of(f"{a}.jpg")) == max(size_of(f"{b}.jpg")) == RESULT_SIZE
    assert size_of(f"{a}_of_{b}.jpg") == size_of(f"{a}.jpg")
    assert size_of(f"{b}_of_{a}.jpg") == size_of(f"{b}.jpg")
    assert size_of(f"{a}+{b}.jpg") == (256, 128)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.structure}+{pair.appearance}")
def test_a_pairs_settings_are_valid(pair: Pair) -> None:
    settings = {"correspondence": pair.correspondence, "granularity": pair.granularity}
    config = StructuralAnalogy.from_preset(pair.preset, **settings).config
    assert config.correspondence == pair.correspondence != "auto"
    assert config.granularity == pair.granularity


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_has_labels_an_edit_and_its_result(name: str) -> None:
    size = size_of(f"{name}.jpg")
    assert size_of(f"{name}_repainted.jpg") == size
    own, edited = (Image.open(FOLDER / f"{name}_{kind}.png") for kind in ("labels", "edited"))
    for labels in (own, edited):
        assert labels.size == size
        colours = {colour for _, colour in labels.getcolors() or ()}
        assert len(colours) >= 2
        assert colours <= set(PALETTE)
    changed = (np.asarray(own) != np.asarray(edited)).any(-1).mean()
    assert 0.01 < changed < 0.5


@pytest.mark.parametrize("name", SCENES)
def test_a_repainted_scene_is_kept_where_nothing_was_repainted(name: str) -> None:
    own, edited, photo, result = (
        np.asarray(Image.open(FOLDER / f"{name}{kind}")).astype(int)
        for kind in ("_labels.png", "_edited.png", ".jpg", "_repainted.jpg")
    )
    changed = (own != edited).any(-1)
    difference = np.abs(photo - result).mean(-1)
    assert np.median(difference[changed]) > 2 * np.median(difference[~changed])
    assert np.median(difference[~changed]) < 4  # what JPEG leaves


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.name)
def test_a_drawing_is_what_the_code_draws_and_its_photograph_what_the_model_makes(
    drawing: Drawing,
) -> None:
    assert size_of(f"{drawing.name}_drawing.png") == size_of(f"{drawing.name}_photo.jpg")
    with Image.open(FOLDER / f"{drawing.name}_drawing.png") as stored:
        assert np.array_equal(np.asarray(stored), np.asarray(drawing.draw()))
        model = open_model(drawing.model)
        made = last_picture(translate(stored.convert("RGB"), model, seed=drawing.seed))
    photo = np.asarray(Image.open(FOLDER / f"{drawing.name}_photo.jpg"), float)
    made = np.asarray(made.resize((SIDE, SIDE), Image.Resampling.LANCZOS), float)
    assert np.abs(photo - made).mean() < 4  # what JPEG leaves
    assert model.info.takes == drawing.takes


@pytest.mark.parametrize("example", TRANSLATIONS, ids=lambda example: example.name)
def test_a_stored_translation_is_what_a_visitor_would_get(example: Translated) -> None:
    assert size_of(f"{example.name}.jpg") == size_of(f"{example.source}.jpg")
    model = open_model(example.model)
    assert model.info.capabilities.task == "domains"
    source = open_image(FOLDER / f"{example.source}.jpg")
    made = last_picture(transfer(source, model, reverse=example.reverse))
    assert distance_to_stored(made, f"{example.name}.jpg") < 1


@pytest.mark.parametrize("example", SWAPS, ids=lambda example: example.name)
def test_a_stored_swap_is_what_a_visitor_would_get(example: Swapped) -> None:
    stored = open_image(FOLDER / f"{example.name}.jpg")
    made = swapped(example)
    assert made.size == stored.size
    # With another number of threads patches settle elsewhere: what is seen from afar counts.
    assert difference(*(x.resize((24, 24), Image.Resampling.BOX) for x in (made, stored))) < 4


def test_nothing_lies_about_and_all_of_it_is_small() -> None:
    wanted = {f"{name}{kind}" for name in SCENES for kind in
              (".jpg", "_labels.png", "_edited.png", "_repainted.jpg")}  # fmt: skip
    for a, b, *_ in PAIRS:
        wanted |= {f"{a}.jpg", f"{b}.jpg", f"{a}_of_{b}.jpg", f"{b}_of_{a}.jpg", f"{a}+{b}.jpg"}
    wanted |= {f"{d.name}{kind}" for d in DRAWINGS for kind in ("_drawing.png", "_photo.jpg")}
    for name in (*TRANSLATED_SCENES, *ONE_EACH, *(t.name for t in TRANSLATIONS)):
        wanted.add(f"{name}.jpg")
    wanted |= {f"{name}.jpg" for name in (*(s.name for s in SWAPS), GRID.name, CAT_PHOTOS[0])}
    wanted.add(f"{STRUCTURE}.png")
    there = [path for path in FOLDER.iterdir() if path.is_file()]
    assert {path.name for path in there} == wanted
    assert sum(path.stat().st_size for path in there) < 4 * MEGABYTE
