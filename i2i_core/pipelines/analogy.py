"""The analogies and their applications, each as one call that yields progress."""

from __future__ import annotations

from PIL import Image

from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.images.files import check_image
from i2i_core.labels import edits as label_edits
from i2i_core.labels.maps import PALETTE, Ids, decode, encode
from i2i_core.labels.maps import resize as resize_ids
from i2i_core.labels.segmentation import segment
from i2i_core.method import Work
from i2i_core.methods.semantic_analogy import SemanticAnalogy, SemanticAnalogyConfig
from i2i_core.methods.structural_analogy import StructuralAnalogy
from i2i_core.pipelines.object_removal import remove_object

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
    guide: str | None = None,
    seed: int = 0,
    size: int = 256,
    reverse: bool = False,
    scribbles: Scribbles | None = None,
) -> Work:
    """A's arrangement made of B's stuff; in `reverse`, B's arrangement made of A's.

    `preset` is one of PRESETS ("structure", "style", "texture", "text effect"); `granularity` and
    `guide` overrule what it says. `scribbles`: strokes on A and on B, see
    `StructuralAnalogy.correspond`. Raises InputError for settings out of range.
    """
    changes = {"granularity": granularity, "guide": guide, "seed": seed, "size": size}
    given = {name: value for name, value in changes.items() if value is not None}
    method = StructuralAnalogy.preset(preset, **given).to(best_device())
    a, b = check_image(a, "The structure picture"), check_image(b, "The appearance picture")
    yield from method.fit([a], [b])
    if scribbles is not None:
        method.correspond(*scribbles)
    yield from method.render(b if reverse else a, reverse=reverse)


def semantic_analogy(
    photo: Image.Image,
    labels: Image.Image,
    target: Image.Image,
    *,
    size: int = 256,
    keep: bool = False,
    seed: int = 0,
) -> Work:
    """The photograph that `target` would be the label map of, given `photo` and its `labels`.

    An edited map moves and reshapes what the photograph shows; a map drawn by hand makes it
    *sketch to image*, a map of another place *texture by numbers*.
    """
    config = SemanticAnalogyConfig(size=size, keep=keep, seed=seed)
    method = SemanticAnalogy(config).to(best_device())
    photo = check_image(photo, "The photograph")
    labels = check_image(labels, "The label map", flatten=False)
    target = check_image(target, "The target label map", flatten=False)
    yield from method.fit([labels], [photo])
    yield from method.render(target)


def move_region(
    photo: Image.Image,
    at: tuple[int, int],
    by: tuple[int, int],
    labels: Image.Image | None = None,
    *,
    size: int = 256,
    seed: int = 0,
) -> Work:
    """Move what lies at pixel `at` (x, y) of the photograph `by` (dx, dy) pixels.

    Without `labels` the photograph is segmented first. What was behind is made from the rest.
    """
    ids = _ids(photo, labels)
    mask = label_edits.region_at(ids, *at)
    return _repaint(photo, ids, label_edits.move(ids, mask, *by), size, seed)


def resize_region(
    photo: Image.Image,
    at: tuple[int, int],
    pixels: float,
    labels: Image.Image | None = None,
    *,
    size: int = 256,
    seed: int = 0,
) -> Work:
    """Grow what lies at pixel `at` (x, y) by `pixels` on every side, or shrink it if negative."""
    ids = _ids(photo, labels)
    mask = label_edits.region_at(ids, *at)
    edit = label_edits.grow if pixels >= 0 else label_edits.shrink
    return _repaint(photo, ids, edit(ids, mask, abs(pixels)), size, seed)


def _ids(photo: Image.Image, labels: Image.Image | None) -> Ids:
    if labels is None:
        return segment(photo, 4)
    found = decode(labels)
    if len(found.colours) > len(PALETTE):
        raise InputError(f"Use at most {len(PALETTE)} labels.")
    return resize_ids(found.ids, photo.size)


def _repaint(photo: Image.Image, ids: Ids, edited: Ids, size: int, seed: int) -> Work:
    return semantic_analogy(photo, encode(ids), encode(edited), size=size, keep=True, seed=seed)
