"""Structural analogy: A's arrangement made of B's stuff, settings, and scribbles that overrule."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from i2i_core.errors import InputError
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.structural_analogy import (
    AUTO,
    AnalogyResult,
    StructuralAnalogy,
    StructuralAnalogyConfig,
)
from i2i_core.patches.structure_guides import CORRESPONDENCES

Colour = tuple[int, int, int]
GREY, WHITE = (90, 90, 90), (230, 230, 230)
ORANGE, TEAL = (230, 120, 30), (20, 90, 100)
RED, GREEN, BLUE, YELLOW = (190, 60, 60), (50, 130, 50), (60, 60, 190), (200, 190, 40)
CENTRES_A = ((24, 26), (68, 66))
CENTRES_B = ((70, 24), (26, 70))


def grainy(pixels: np.ndarray, seed: int) -> Image.Image:
    grain = np.random.default_rng(seed).integers(-12, 13, (*pixels.shape[:2], 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def inside(centres: tuple[tuple[int, int], ...], radius: float, side: int = 96) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return np.any([np.hypot(x - cx, y - cy) <= radius for cx, cy in centres], axis=0)


def discs(
    centres: tuple[tuple[int, int], ...], colour: Colour, ground: Colour, seed: int
) -> Image.Image:
    where = inside(centres, 15)[..., None]
    return grainy(np.where(where, colour, ground), seed)


def halves(left: Colour, right: Colour, seed: int, size: tuple[int, int] = (64, 32)) -> Image.Image:
    pixels = np.full((size[1], size[0], 3), right)
    pixels[:, : size[0] // 2] = left
    return grainy(pixels, seed)


def made(
    a: Image.Image, b: Image.Image, *, reverse: bool = False, **settings: int | float | str
) -> np.ndarray:
    method = StructuralAnalogy(StructuralAnalogyConfig(**{"long_side": 64, **settings}))  # type: ignore[arg-type]
    list(method.fit([a], [b]))
    return np.asarray(method.translate(b if reverse else a, reverse=reverse)).astype(float)


def near(pixels: np.ndarray, colour: Colour, other: Colour) -> float:
    """The share of `pixels` (N, 3) that are nearer to `colour` than to `other`."""
    apart = [np.linalg.norm(pixels - np.array(c), axis=-1) for c in (colour, other)]
    return float((apart[0] < apart[1]).mean())


@pytest.mark.parametrize("reverse", [False, True])
def test_objects_end_up_where_the_structure_has_them(reverse: bool) -> None:
    a, b = discs(CENTRES_A, GREY, WHITE, 0), discs(CENTRES_B, ORANGE, TEAL, 1)
    result = made(a, b, correspondence="objects", long_side=96, reverse=reverse)
    centres, colour, ground = (
        (CENTRES_B, GREY, WHITE) if reverse else (CENTRES_A, ORANGE, TEAL)
    )  # fmt: skip
    assert near(result[inside(centres, 12)], colour, ground) > 0.9
    assert near(result[~inside(centres, 19)], ground, colour) > 0.9


def test_the_guess_is_tried_scored_and_shown() -> None:
    a, b = discs(CENTRES_A, GREY, WHITE, 0), discs(CENTRES_B, ORANGE, TEAL, 1)
    method = StructuralAnalogy(StructuralAnalogyConfig(long_side=64))
    list(method.fit([a], [b]))
    records = list(method.render(a))
    assert [record.step for record in records] == list(range(1, len(records) + 1))
    assert not any(record.losses for record in records)
    trials = [record for record in records if record.note.startswith("Trying")]
    assert len(trials) >= 2
    for number, record in enumerate(trials, start=1):
        assert isinstance(record.result, AnalogyResult)
        assert len(record.result.tried) == number
        scores = [trial.score for trial in record.result.tried]
        assert scores == sorted(scores, reverse=True)
        assert record.picture is not None
        assert record.picture.tobytes() == record.result.tried[0].picture.tobytes()
        assert record.result.guides is None
    last = records[-1]
    assert isinstance(last.result, AnalogyResult)
    names = [trial.name for trial in last.result.tried]
    assert len(set(names)) == len(names) == len(trials)
    assert set(names) <= set(CORRESPONDENCES)
    assert last.note.endswith(f"by {names[0]}")
    assert last.step == last.total
    assert last.result.guides is not None
    assert last.result.guides[0].size == last.picture.size  # type: ignore[union-attr]
    small_discs = tuple((x * 64 // 96, y * 64 // 96) for x, y in CENTRES_A)
    result = np.asarray(last.picture).astype(float)
    assert near(result[inside(small_discs, 7, 64)], ORANGE, TEAL) > 0.9


def test_another_picture_may_stand_in_for_the_structure() -> None:
    method = StructuralAnalogy(StructuralAnalogyConfig(long_side=64, correspondence="lightness"))
    list(method.fit([halves(GREY, WHITE, 0)], [halves(ORANGE, TEAL, 1)]))
    result = np.asarray(method.translate(halves(WHITE, GREY, 2, (64, 32)))).astype(float)
    assert result.shape == (32, 64, 3)
    assert near(result[:, :24], ORANGE, TEAL) > 0.9  # orange is the lighter one
    assert near(result[:, 40:], TEAL, ORANGE) > 0.9


@pytest.mark.parametrize(("size", "expected"), [((96, 48), (64, 32)), ((40, 80), (32, 64))])
def test_the_structures_shape_is_kept(size: tuple[int, int], expected: tuple[int, int]) -> None:
    result = made(halves(GREY, WHITE, 0, size), halves(ORANGE, TEAL, 1), correspondence="lightness")
    assert result.shape[1::-1] == expected


def test_granularity_says_how_closely_the_structure_is_followed() -> None:
    random = np.random.default_rng(3)
    fine = np.kron(random.integers(40, 216, (16, 16)), np.ones((4, 4)))
    structure = Image.fromarray(fine.astype(np.uint8)).convert("RGB")
    grain = random.integers(0, 256, (64, 64))
    appearance = Image.fromarray(grain.astype(np.uint8)).resize((96, 96)).convert("RGB")

    def agreement(granularity: float) -> float:
        result = made(structure, appearance, correspondence="lightness", granularity=granularity)
        return float(np.corrcoef(result.mean(-1).ravel(), fine.ravel())[0, 1])

    loose, close = agreement(0), agreement(1)
    assert close > 0.6
    assert close > loose + 0.1


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ({"long_side": 63}, "64 to 1024"),
        ({"long_side": 1025}, "64 to 1024"),
        ({"granularity": -0.1}, "0 to 1"),
        ({"granularity": 1.1}, "0 to 1"),
        ({"granularity": float("nan")}, "0 to 1"),
        ({"correspondence": "magic"}, "lightness"),
    ],
)
def test_settings_out_of_range_say_what_to_choose(
    setting: dict[str, int | float | str], remedy: str
) -> None:
    with pytest.raises(InputError, match=remedy):
        StructuralAnalogyConfig(**setting)  # type: ignore[arg-type]


def test_presets_are_the_papers_applications_and_can_be_changed() -> None:
    applications = {"structure", "style", "texture", "text effect"}
    assert set(StructuralAnalogy.presets) == {"paper", *applications}
    for name, settings in StructuralAnalogy.presets.items():
        config = StructuralAnalogy.from_preset(name).config
        assert {key: getattr(config, key) for key in settings} == settings
        assert config.correspondence in (AUTO, *CORRESPONDENCES)
    assert StructuralAnalogy.from_preset("style", granularity=0.1).config.granularity == 0.1
    with pytest.raises(InputError, match="text effect"):
        StructuralAnalogy.from_preset("magic")


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("correspondence", ["lightness", AUTO])
def test_tensors_are_translated_as_pictures_are(reverse: bool, correspondence: str) -> None:
    config = StructuralAnalogyConfig(long_side=64, correspondence=correspondence)
    method = StructuralAnalogy(config)
    a, b = halves(GREY, WHITE, 0), halves(ORANGE, TEAL, 1)
    list(method.fit([a], [b]))
    source = b if reverse else a
    picture = to_tensor(method.translate(source, reverse=reverse))
    assert torch.allclose(method(to_tensor(source), reverse=reverse), picture, atol=1 / 255)


def scribbles(*strokes: tuple[int, Colour], size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Upright strokes, each at a column and of a colour, on transparent ground."""
    drawing = Image.new("RGBA", size)
    for x, colour in strokes:
        ImageDraw.Draw(drawing).line(
            [(x, size[1] // 4), (x, 3 * size[1] // 4)], (*colour, 255), width=5
        )
    return drawing


PINK, CYAN = (255, 0, 200), (0, 220, 220)


@pytest.fixture
def ambiguous() -> StructuralAnalogy:
    """Two fitted pictures of two colours: nothing says which answers to which."""
    method = StructuralAnalogy(StructuralAnalogyConfig(long_side=64))
    list(method.fit([halves(RED, GREEN, 0)], [halves(BLUE, YELLOW, 1)]))
    return method


@pytest.mark.parametrize("crossed", [False, True])
def test_scribbles_say_what_answers_to_what(ambiguous: StructuralAnalogy, crossed: bool) -> None:
    on_a = scribbles((14, PINK), (50, CYAN))
    on_b = scribbles((14, CYAN if crossed else PINK), (50, PINK if crossed else CYAN))
    ambiguous.correspond(on_a, on_b)
    *_, last = ambiguous.render(halves(RED, GREEN, 0))
    left, right = (YELLOW, BLUE) if crossed else (BLUE, YELLOW)
    result = np.asarray(last.picture).astype(float)
    assert near(result[:, :26], left, right) > 0.95
    assert near(result[:, 38:], right, left) > 0.95
    assert last.result is not None
    assert last.result.tried == ()
    assert last.result.guides is not None


def test_scribbles_work_in_reverse(ambiguous: StructuralAnalogy) -> None:
    wide = halves(BLUE, YELLOW, 1, (64, 40))
    list(ambiguous.fit([halves(RED, GREEN, 0)], [wide]))
    ambiguous.correspond(
        scribbles((14, PINK), (50, CYAN)), scribbles((14, CYAN), (50, PINK), size=(64, 40))
    )
    result = np.asarray(ambiguous.translate(wide, reverse=True)).astype(float)
    assert result.shape == (40, 64, 3)
    assert near(result[:, :26], GREEN, RED) > 0.95
    assert near(result[:, 38:], RED, GREEN) > 0.95


def test_scribbles_belong_to_the_pair_they_were_drawn_on(ambiguous: StructuralAnalogy) -> None:
    ambiguous.correspond(*[scribbles((14, PINK), (50, CYAN))] * 2)
    list(ambiguous.fit([halves(GREEN, RED, 0)], [halves(BLUE, YELLOW, 1)]))
    assert ambiguous.marks is None


FIVE = ((255, 0, 0), (0, 200, 0), (0, 0, 255), (255, 220, 0), (200, 0, 255))


@pytest.mark.parametrize(
    ("on_a", "on_b"),
    [
        (scribbles((14, PINK)), scribbles((14, PINK))),
        (scribbles((14, PINK), (50, CYAN)), scribbles((14, PINK))),
        (scribbles((14, PINK), (50, CYAN)), scribbles((14, PINK), (50, (10, 10, 120)))),
        (scribbles(*zip((6, 19, 32, 45, 58), FIVE, strict=True)),) * 2,
        (scribbles((14, PINK), (50, CYAN)), scribbles((14, PINK), (50, CYAN), (32, (10, 10, 120)))),
        (scribbles(), scribbles()),
        (scribbles((14, PINK), (50, CYAN)), scribbles()),
    ],
    ids=[
        "one colour",
        "one on B",
        "different colours",
        "five colours",
        "one more on B",
        "empty",
        "empty on B",
    ],
)
def test_wrong_scribbles_say_what_to_draw(
    ambiguous: StructuralAnalogy, on_a: Image.Image, on_b: Image.Image
) -> None:
    with pytest.raises(InputError, match=r"[Mm]ark|paint"):
        ambiguous.correspond(on_a, on_b)
    assert ambiguous.marks is None


def test_scribbles_of_another_shape_are_refused(ambiguous: StructuralAnalogy) -> None:
    wide = scribbles((30, PINK), (90, CYAN), size=(128, 48))
    with pytest.raises(InputError, match="same shape"):
        ambiguous.correspond(wide, scribbles((14, PINK), (50, CYAN)))


def test_scribbles_need_the_pictures_first() -> None:
    drawn = scribbles((14, PINK), (50, CYAN))
    with pytest.raises(InputError, match=r"[Ff]it"):
        StructuralAnalogy().correspond(drawn, drawn)
