"""The drawn starter pictures: repeatable, of the right size, richly textured, exactly labelled."""

import numpy as np
import pytest

from examples.scenes import NAMES, Scene, draw
from i2i_core.errors import InputError

SMALL = 128


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    """Every scene, drawn once at a small size."""
    return {name: draw(name, SMALL) for name in NAMES}


def _local_deviation(picture: np.ndarray) -> np.ndarray:
    """Standard deviation of the luma in 7 x 7 windows, (H, W), in grey levels."""
    from scipy.ndimage import uniform_filter

    luma = picture.astype(float) @ (0.299, 0.587, 0.114)
    mean = uniform_filter(luma, 7)
    return np.sqrt(np.maximum(uniform_filter(luma**2, 7) - mean**2, 0))


def test_the_wanted_scenes_are_there() -> None:
    wanted = {"lake", "pebbles", "oranges", "bowls", "letter", "letter_plain", "mosaic", "cracked"}
    assert wanted | {"fields"} <= set(NAMES)
    assert NAMES[0] == "lake"


@pytest.mark.parametrize("name", NAMES)
def test_size_and_mode(name: str, scenes: dict[str, Scene]) -> None:
    scene = scenes[name]
    assert scene.name == name
    assert scene.picture.mode == "RGB"
    assert scene.picture.size == (SMALL, SMALL)
    assert scene.labels is None or scene.labels.size == (SMALL, SMALL)


def test_another_size() -> None:
    assert draw("bowls", 256).picture.size == (256, 256)
    # A size that is no power of two, and odd.
    assert draw("cracked", 101).picture.size == (101, 101)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_repeats_and_another_differs(name: str, scenes: dict[str, Scene]) -> None:
    again, other = draw(name, SMALL), draw(name, SMALL, seed=1)
    first = np.asarray(scenes[name].picture, int)
    assert np.array_equal(first, np.asarray(again.picture))
    if again.labels is not None:
        assert np.array_equal(np.asarray(scenes[name].labels), np.asarray(again.labels))
    if name != "letter_plain":
        assert np.abs(first - np.asarray(other.picture)).mean() > 2


@pytest.mark.parametrize("name", NAMES)
def test_labels_hold_exactly_the_declared_colours(name: str, scenes: dict[str, Scene]) -> None:
    scene = scenes[name]
    assert len(scene.label_names) == len(scene.label_colours)
    if scene.labels is None:
        assert not scene.label_names
        return
    colours, counts = np.unique(np.asarray(scene.labels).reshape(-1, 3), axis=0, return_counts=True)
    assert {tuple(row) for row in colours.tolist()} == set(scene.label_colours)
    assert counts.min() > 0.005 * SMALL * SMALL


@pytest.mark.parametrize("name", [name for name in NAMES if name != "letter_plain"])
def test_no_part_is_flat(name: str, scenes: dict[str, Scene]) -> None:
    scene = scenes[name]
    deviation = _local_deviation(np.asarray(scene.picture))
    if scene.labels is None:
        assert np.median(deviation) > 8
        return
    labels = np.asarray(scene.labels)
    for part, colour in zip(scene.label_names, scene.label_colours, strict=True):
        inside = deviation[(labels == colour).all(-1)]
        # Paper and clear sky are quiet by nature; everything else is rich.
        assert np.median(inside) > (0.8 if part in ("paper", "sky") else 3), part


def test_the_plain_letter_is_black_on_white() -> None:
    scene = draw("letter_plain", SMALL)
    grey = np.asarray(scene.picture)[..., 0]
    is_letter = (np.asarray(scene.labels) == scene.label_colours[1]).all(-1)
    assert grey[is_letter].mean() < 16
    assert grey[~is_letter].mean() > 240


@pytest.mark.parametrize("wrong", ["sea", "", "Lake"])
def test_an_unknown_name_is_the_persons_to_mend(wrong: str) -> None:
    with pytest.raises(InputError, match="lake, pebbles"):
        draw(wrong)


def test_a_tiny_size_is_the_persons_to_mend() -> None:
    with pytest.raises(InputError, match="64"):
        draw("lake", 8)
