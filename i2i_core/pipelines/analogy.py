"""The analogies and their applications, each as one call that yields progress."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PIL.Image import Image

from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.images.files import check_image
from i2i_core.labels import edits as label_edits
from i2i_core.labels import maps
from i2i_core.labels.colours import Ids, Mask
from i2i_core.labels.segmentation import segment
from i2i_core.methods.semantic_analogy import SemanticAnalogy
from i2i_core.methods.structural_analogy import AnalogyResult, StructuralAnalogy
from i2i_core.pipelines.object_removal import remove_object as remove_object
from i2i_core.progress import Work

Edit = Callable[[Ids, Mask], Ids]


def structural_analogy(
    a: Image, b: Image, *, preset: str = "structure", granularity: float | None = None,
    correspondence: str | None = None, seed: int = 0, long_side: int = 256, reverse: bool = False,
    scribbles: tuple[Image, Image] | None = None,
) -> Work[AnalogyResult]:  # fmt: skip
    """A picture with the layout of A and the materials of B; in `reverse` the other way round.
    `preset` is one of StructuralAnalogy.presets ("structure", "style", "texture", "text effect");
    `granularity` and `correspondence` overrule what it says. `scribbles`: strokes on A and on B,
    see `StructuralAnalogy.correspond`. Raises InputError for settings out of range."""
    changes = {"granularity": granularity, "correspondence": correspondence}
    changes = {name: value for name, value in changes.items() if value is not None}
    method = StructuralAnalogy.from_preset(preset, seed=seed, long_side=long_side, **changes)
    method.to(best_device())
    a, b = check_image(a, "The structure picture"), check_image(b, "The appearance picture")
    for progress in method.fit([a], [b]):
        yield replace(progress, step=0)  # it only reads the pictures
    if scribbles is not None:
        method.correspond(*scribbles)
    yield from method.render(b if reverse else a, reverse=reverse)


def semantic_analogy(
    photo: Image, labels: Image, target: Image, *, long_side: int = 256, keep: bool = False,
    seed: int = 0,
) -> Work:  # fmt: skip
    """The photograph that `target` would be the label map of, given `photo` and its `labels`. An
    edited map moves and reshapes what the photograph shows; a map drawn by hand makes it *sketch to
    image*, a map of another place *texture by numbers*. With `keep`, and maps of one shape, the
    photograph stays as it is where both have the same label."""
    photo = check_image(photo, "The photograph")
    labels = check_image(labels, "The label map", flatten=False)
    target = check_image(target, "The target label map", flatten=False)
    method = SemanticAnalogy.from_preset(long_side=long_side, keep=keep, seed=seed)
    method.to(best_device())
    for progress in method.fit([labels], [photo]):
        yield replace(progress, step=0)  # it only reads the pictures
    yield from method.render(target)


def move_region(
    photo: Image, at: tuple[int, int], by: tuple[int, int], labels: Image | None = None, *,
    long_side: int = 256, seed: int = 0,
) -> Work:  # fmt: skip
    """Move what lies at pixel `at` (x, y) of the photograph `by` (dx, dy) pixels. Without `labels`
    the photograph is segmented first. What was behind is made from the rest."""
    edit = partial(label_edits.move, dx=by[0], dy=by[1])
    return _repaint(photo, labels, at, edit, long_side=long_side, seed=seed)


def resize_region(
    photo: Image, at: tuple[int, int], pixels: float, labels: Image | None = None, *,
    long_side: int = 256, seed: int = 0,
) -> Work:  # fmt: skip
    """Grow what lies at pixel `at` (x, y) by `pixels` on every side, or shrink it if negative."""
    edit = partial(label_edits.grow if pixels >= 0 else label_edits.shrink, pixels=abs(pixels))
    return _repaint(photo, labels, at, edit, long_side=long_side, seed=seed)


def _repaint(
    photo: Image, labels: Image | None, at: tuple[int, int], edit: Edit, **settings: Any
) -> Work:
    """The photograph, its label map changed by `edit` in the region at pixel `at`."""
    photo = check_image(photo, "The photograph")
    if labels is None:
        ids = segment(photo, 4)
    else:
        label_map = maps.decode(labels)
        if len(label_map.colours) > len(maps.PALETTE):
            raise InputError(f"Use at most {len(maps.PALETTE)} labels.")
        ids = maps.resize(label_map.ids, photo.size)
    edited = edit(ids, label_edits.region_at(ids, *at))
    return semantic_analogy(photo, maps.encode(ids), maps.encode(edited), keep=True, **settings)
