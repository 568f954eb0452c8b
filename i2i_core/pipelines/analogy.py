"""The analogies and their applications, each as one call that yields progress."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PIL import Image

from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.images.files import check_image
from i2i_core.labels import edits as label_edits
from i2i_core.labels.maps import PALETTE, Ids, decode, encode
from i2i_core.labels.maps import resize as resize_ids
from i2i_core.labels.segmentation import segment
from i2i_core.methods.semantic_analogy import SemanticAnalogy
from i2i_core.methods.structural_analogy import AnalogyResult, StructuralAnalogy
from i2i_core.pipelines.object_removal import remove_object
from i2i_core.progress import Work

__all__ = [
    "move_region",
    "remove_object",
    "resize_region",
    "semantic_analogy",
    "structural_analogy",
]

Scribbles = tuple[Image.Image, Image.Image]


def structural_analogy(
    a: Image.Image,
    b: Image.Image,
    *,
    preset: str = "structure",
    granularity: float | None = None,
    correspondence: str | None = None,
    seed: int = 0,
    long_side: int = 256,
    reverse: bool = False,
    scribbles: Scribbles | None = None,
) -> Work[AnalogyResult]:
    """A picture with the layout of A and the materials of B; in `reverse` the other way round.

    `preset` is one of StructuralAnalogy.presets ("structure", "style", "texture", "text effect");
    `granularity` and `correspondence` overrule what it says. `scribbles`: strokes on A and on B,
    see `StructuralAnalogy.correspond`. Raises InputError for settings out of range.
    """
    changes = {"granularity": granularity, "correspondence": correspondence}
    changes = {name: value for name, value in changes.items() if value is not None}
    method = StructuralAnalogy.from_preset(preset, seed=seed, long_side=long_side, **changes)
    method.to(best_device())
    a, b = check_image(a, "The structure picture"), check_image(b, "The appearance picture")
    yield from _beginning(method.fit([a], [b]))
    if scribbles is not None:
        method.correspond(*scribbles)
    yield from method.render(b if reverse else a, reverse=reverse)


def semantic_analogy(
    photo: Image.Image,
    labels: Image.Image,
    target: Image.Image,
    *,
    long_side: int = 256,
    keep: bool = False,
    seed: int = 0,
) -> Work:
    """The photograph that `target` would be the label map of, given `photo` and its `labels`.

    An edited map moves and reshapes what the photograph shows; a map drawn by hand makes it
    *sketch to image*, a map of another place *texture by numbers*. With `keep`, and
    maps of one shape, the photograph stays as it is where both have the same label.
    """
    photo = check_image(photo, "The photograph")
    labels = check_image(labels, "The label map", flatten=False)
    target = check_image(target, "The target label map", flatten=False)
    settings = {"long_side": long_side, "keep": keep, "seed": seed}
    yield from _semantic_analogy(photo, labels, target, settings)


def _semantic_analogy(
    photo: Image.Image, labels: Image.Image, target: Image.Image, settings: dict[str, Any]
) -> Work:
    method = SemanticAnalogy.from_settings(settings)
    method.to(best_device())
    yield from _beginning(method.fit([labels], [photo]))
    yield from method.render(target)


def move_region(
    photo: Image.Image,
    at: tuple[int, int],
    by: tuple[int, int],
    labels: Image.Image | None = None,
    *,
    long_side: int = 256,
    seed: int = 0,
) -> Work:
    """Move what lies at pixel `at` (x, y) of the photograph `by` (dx, dy) pixels.

    Without `labels` the photograph is segmented first. What was behind is made from the rest.
    """
    photo = check_image(photo, "The photograph")
    ids = _ids(photo, labels)
    mask = label_edits.region_at(ids, *at)
    return _repaint(photo, ids, label_edits.move(ids, mask, *by), long_side, seed)


def resize_region(
    photo: Image.Image,
    at: tuple[int, int],
    pixels: float,
    labels: Image.Image | None = None,
    *,
    long_side: int = 256,
    seed: int = 0,
) -> Work:
    """Grow what lies at pixel `at` (x, y) by `pixels` on every side, or shrink it if negative."""
    photo = check_image(photo, "The photograph")
    ids = _ids(photo, labels)
    mask = label_edits.region_at(ids, *at)
    edit = label_edits.grow if pixels >= 0 else label_edits.shrink
    return _repaint(photo, ids, edit(ids, mask, abs(pixels)), long_side, seed)


def _ids(photo: Image.Image, labels: Image.Image | None) -> Ids:
    if labels is None:
        return segment(photo, 4)
    label_map = decode(labels)
    if len(label_map.colours) > len(PALETTE):
        raise InputError(f"Use at most {len(PALETTE)} labels.")
    return resize_ids(label_map.ids, photo.size)


def _repaint(photo: Image.Image, ids: Ids, edited: Ids, long_side: int, seed: int) -> Work:
    settings = {"long_side": long_side, "keep": True, "seed": seed}
    return _semantic_analogy(photo, encode(ids), encode(edited), settings)


def _beginning(reading: Work) -> Work:
    """The records of a fit that only reads its pictures, as those of a beginning: step 0."""
    for progress in reading:
        yield replace(progress, step=0)
