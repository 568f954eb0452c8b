"""The label map that a visitor edits: painting, region tools, undo, and uploaded maps."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from demos.image_analogy.label_editor import MAP_SIDE, MAX_UNDO_STEPS, PHOTO_SIDE, Canvas
from i2i_core.errors import InputError
from i2i_core.labels.maps import PALETTE, encode

SIDE = (MAP_SIDE, MAP_SIDE * 3 // 4)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def photograph(size: tuple[int, int] = (128, 96)) -> Image.Image:
    """Light above, dark below, with grain."""
    pixels = np.full((size[1], size[0], 3), (60, 90, 50))
    pixels[: size[1] // 2] = (170, 200, 240)
    grain = np.random.default_rng(0).integers(-9, 10, (size[1], size[0], 1))
    return Image.fromarray((pixels + grain).astype(np.uint8))


def scene(size: tuple[int, int] = SIDE) -> np.ndarray:
    """Sky (0) over ground (1), with a square (2) in the sky: ids (H, W)."""
    ids = np.zeros(size[::-1], np.uint8)
    ids[size[1] // 2 :] = 1
    ids[60:100, 100:140] = 2
    return ids


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(photograph(), scene(), scene())


SQUARE = (120, 80)


def middle(ids: np.ndarray) -> tuple[float, float]:
    """Mean x and y of label 2."""
    rows, columns = np.nonzero(ids == 2)
    return float(columns.mean()), float(rows.mean())


def test_a_new_photograph_is_segmented() -> None:
    canvas = Canvas.segmented(photograph(), 2)
    assert canvas.ids.shape == SIDE[::-1]
    assert canvas.count == 2
    assert np.array_equal(canvas.photo_ids, canvas.ids)
    assert canvas.region is None
    assert canvas.past == ()
    assert (canvas.ids[:150] == canvas.ids[0, 0]).all()
    assert (canvas.ids[-150:] != canvas.ids[0, 0]).all()


def test_large_photographs_are_made_smaller_and_small_ones_kept() -> None:
    large = Canvas.segmented(photograph((2 * PHOTO_SIDE, PHOTO_SIDE)), 2)
    assert large.photo.size == (PHOTO_SIDE, PHOTO_SIDE // 2)
    assert Canvas.segmented(photograph(), 2).photo.size == (128, 96)


def test_a_starter_is_already_edited(tmp_path) -> None:
    edited = scene()
    edited[200:220] = 2
    photograph().save(tmp_path / "photo.png")
    encode(scene()).save(tmp_path / "own.png")
    encode(edited).save(tmp_path / "edited.png")
    names = (str(tmp_path / f"{name}.png") for name in ("photo", "own", "edited"))
    canvas = Canvas.stored(*names)
    assert np.array_equal(canvas.photo_ids, scene())
    assert np.array_equal(canvas.ids, edited)
    assert canvas.count == 3
    assert np.array_equal(canvas.undone().ids, scene())


def test_painting(canvas: Canvas) -> None:
    composite = canvas.editor_value()["composite"].copy()
    composite.paste(PALETTE[1], (300, 10, 340, 50))
    painted = canvas.painted(composite)
    expected = scene()
    expected[10:50, 300:340] = 1
    assert np.array_equal(painted.ids, expected)
    assert np.array_equal(painted.photo_ids, scene())
    assert np.array_equal(canvas.ids, scene()), "a canvas is a value"
    assert np.array_equal(painted.undone().ids, scene())


def test_painting_at_the_editors_own_size_and_with_soft_edges(canvas: Canvas) -> None:
    composite = encode(scene()).convert("RGBA").resize((700, 525), Image.Resampling.BICUBIC)
    composite.paste((*PALETTE[2], 255), (400, 300, 600, 450))
    painted = canvas.painted(composite)
    assert painted.ids.shape == SIDE[::-1]
    assert (painted.ids[200:280, 262:378] == 2).all()
    assert set(np.unique(painted.ids)) == {0, 1, 2}
    elsewhere = np.ones(painted.ids.shape, bool)
    elsewhere[185:295, 250:390] = False
    assert (painted.ids == scene())[elsewhere].mean() > 0.99


def test_nothing_painted_is_nothing_changed(canvas: Canvas) -> None:
    assert canvas.painted(None) is canvas
    assert canvas.painted(canvas.editor_value()["composite"]) is canvas


def test_a_whole_object_is_picked_whatever_its_labels() -> None:
    photo = photograph((224, 168))
    ImageDraw.Draw(photo).ellipse((90, 60, 140, 110), (200, 30, 30))  # over both halves
    canvas = Canvas.segmented(photo, 2)
    region = canvas.picked_object_at(230, 170).region
    assert region is not None
    rows, columns = np.nonzero(region)
    assert (rows.min(), rows.max()) == pytest.approx((120, 220), abs=15)
    assert (columns.min(), columns.max()) == pytest.approx((180, 280), abs=15)
    with pytest.raises(InputError, match="No object was found there"):
        canvas.picked_object_at(20, 20)


def test_only_the_palette_in_use_can_be_painted(canvas: Canvas) -> None:
    composite = encode(scene())
    composite.paste(PALETTE[7], (300, 10, 340, 50))
    assert canvas.painted(composite).count == 3


def test_picking(canvas: Canvas) -> None:
    region = canvas.picked_at(*SQUARE).region
    assert region is not None
    assert np.array_equal(region, scene() == 2)
    with pytest.raises(InputError, match="outside"):
        canvas.picked_at(SIDE[0], 0)


def test_growing_and_shrinking_again_and_again(canvas: Canvas) -> None:
    area = (scene() == 2).sum()
    grown = canvas.picked_at(*SQUARE).grown(8)
    assert (grown.ids == 2).sum() > 1.8 * area
    assert np.array_equal(grown.region, grown.ids == 2), "still picked where it is now"
    twice = grown.grown(8)
    assert (twice.ids == 2).sum() > (grown.ids == 2).sum()
    assert (grown.shrunk(10).ids == 2).sum() < area
    assert np.array_equal(twice.undone().undone().ids, scene())


def test_a_region_that_vanishes_is_no_longer_picked(canvas: Canvas) -> None:
    gone = canvas.picked_at(*SQUARE).shrunk(40)
    assert not (gone.ids == 2).any()
    assert gone.region is None
    with pytest.raises(InputError, match="Pick a region"):
        gone.grown(4)


def test_moving_keeps_hold_of_the_region(canvas: Canvas) -> None:
    moved = canvas.picked_at(*SQUARE).moved(60, 0).moved(0, -20)
    x, y = middle(scene())
    assert middle(moved.ids) == (x + 60, y - 20)
    assert (moved.ids[60:100, 100:140] == 0).all()
    assert np.array_equal(moved.region, moved.ids == 2)
    with pytest.raises(InputError, match="leave the picture"):
        moved.moved(-MAP_SIDE, 0)


def test_a_region_half_out_of_the_picture_can_come_on_moving(canvas: Canvas) -> None:
    moved = canvas.picked_at(*SQUARE).moved(-130, 0)
    assert 0 < (moved.ids == 2).sum() < (scene() == 2).sum()


def test_tools_need_a_picked_region(canvas: Canvas) -> None:
    for use in (
        lambda: canvas.grown(4),
        lambda: canvas.shrunk(4),
        lambda: canvas.moved(4, 0),
        canvas.removal_mask,
    ):
        with pytest.raises(InputError, match="Pick a region first"):
            use()


def test_undo_and_restart(canvas: Canvas) -> None:
    with pytest.raises(InputError, match="nothing to undo"):
        canvas.undone()
    edited = canvas.picked_at(*SQUARE).grown(8)
    restarted = edited.restarted()
    assert np.array_equal(restarted.ids, scene())
    assert restarted.region is None
    assert np.array_equal(restarted.undone().ids, edited.ids)


def test_memory_is_limited(canvas: Canvas) -> None:
    edited = canvas
    for _ in range(MAX_UNDO_STEPS + 5):
        edited = edited.restarted()
    assert len(edited.past) == MAX_UNDO_STEPS


def small(ids: np.ndarray, colours: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """Half the canvas's size, in colours of its own."""
    return Image.fromarray(np.array(colours, np.uint8)[ids[::2, ::2]])


def test_a_photographs_own_map_is_uploaded(canvas: Canvas) -> None:
    edited = canvas.picked_at(*SQUARE).grown(8)
    uploaded = edited.with_own_labels(small(scene(), (RED, GREEN, BLUE)))
    assert uploaded.photo_ids.shape == SIDE[::-1]
    assert uploaded.count == 3
    assert uploaded.past == ()
    assert np.array_equal(uploaded.photo_ids, uploaded.ids)
    for label in range(3):
        assert len(np.unique(uploaded.photo_ids[scene() == label])) == 1


def test_a_wanted_map_in_the_palettes_colours(canvas: Canvas) -> None:
    target = np.roll(scene(), 100, axis=1)
    changed = canvas.with_target_labels(encode(target))
    assert np.array_equal(changed.ids, target)
    assert np.array_equal(changed.photo_ids, scene())
    assert np.array_equal(changed.undone().ids, scene())


def test_a_wanted_map_in_the_colours_of_the_uploaded_one(canvas: Canvas) -> None:
    colours = (RED, GREEN, BLUE)
    uploaded = canvas.with_own_labels(small(scene(), colours))
    changed = uploaded.with_target_labels(small(np.roll(scene(), 100, axis=1), colours))
    assert np.array_equal(changed.ids, np.roll(uploaded.photo_ids, 100, axis=1))


def test_grey_ids_are_uploaded_too(canvas: Canvas) -> None:
    uploaded = canvas.with_own_labels(Image.fromarray(scene()))
    changed = uploaded.with_target_labels(Image.fromarray(np.roll(scene(), 100, axis=1)))
    assert np.array_equal(uploaded.photo_ids, scene())
    assert np.array_equal(changed.ids, np.roll(scene(), 100, axis=1))


def test_labels_that_the_photograph_lacks_are_filled(canvas: Canvas) -> None:
    target = scene()
    target[300:320, 200:220] = 5
    assert np.array_equal(canvas.with_target_labels(encode(target)).ids, scene())


def test_maps_of_another_shape_and_photographs_are_refused(canvas: Canvas) -> None:
    square = encode(np.zeros((96, 96), np.uint8))
    for upload in (canvas.with_own_labels, canvas.with_target_labels):
        with pytest.raises(InputError, match="same shape"):
            upload(square)
        with pytest.raises(InputError, match="labels"):
            upload(photograph())


def test_the_pictures_shown(canvas: Canvas) -> None:
    picked = canvas.picked_at(*SQUARE)
    assert picked.overlay().size == SIDE
    assert picked.overlay().mode == "RGB"
    plain, dimmed = (np.asarray(c.overlay()).astype(int) for c in (canvas, picked))
    assert np.array_equal(plain[70:90, 110:130], dimmed[70:90, 110:130])
    assert (dimmed[200:, :50] < plain[200:, :50]).all()
    assert (plain[60, 100:140] == 255).all(), "the border is drawn"
    labels, edited = picked.grown(8).label_pictures()
    assert labels.size == edited.size == SIDE
    assert np.array_equal(np.asarray(labels), np.asarray(encode(scene())))
    value = canvas.editor_value()
    assert value["background"].size == value["composite"].size == SIDE
    assert value["layers"] == []


def test_the_removal_mask_is_a_little_larger_than_the_region(canvas: Canvas) -> None:
    mask = np.asarray(canvas.picked_at(*SQUARE).removal_mask())
    assert mask.shape == SIDE[::-1]
    assert set(np.unique(mask)) == {0, 255}
    assert (mask[56:104, 120] == 255).all()
    assert (mask[80, 96:144] == 255).all()
    assert (mask == 255).sum() <= 48 * 48
