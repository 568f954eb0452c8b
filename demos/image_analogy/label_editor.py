"""The label map that a visitor edits, with its photograph and its past: a plain immutable value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import check_same_shape, fit_long_side
from i2i_core.labels import edits as label_edits
from i2i_core.labels.maps import (
    PALETTE,
    Ids,
    decode,
    decode_together,
    encode,
    fill_unlabelled,
    resize,
)
from i2i_core.labels.segmentation import segment

MAP_SIDE = 448  # longer side of the edited map, pixels: what the canvas shows
PHOTO_SIDE = 1024  # longer side of the photograph that is kept
UNCHANGED = 0.0005  # share of pixels; scaling the canvas alone may alter as many
MEMORY = 30  # steps that can be undone


@dataclass(frozen=True)
class Canvas:
    """`photo`, the `own` ids of it and the edited `ids`, both (H, W) at MAP_SIDE; `picked`: the
    region the tools work on; `past`: earlier ids; `uploaded`: the map that `own` was read from, if
    it was uploaded."""

    photo: Image.Image
    own: Ids
    ids: Ids
    picked: NDArray[np.bool_] | None = None
    past: tuple[Ids, ...] = ()
    uploaded: Image.Image | None = None

    @classmethod
    def segmented(cls, photo: Image.Image, classes: int) -> Canvas:
        """A new photograph with the labels found by segmentation."""
        photo = _at_most(photo, PHOTO_SIDE)
        ids = segment(fit_long_side(photo, MAP_SIDE), classes)
        return cls(photo, ids, ids)

    @classmethod
    def stored(cls, photo: str, own: str, edited: str) -> Canvas:
        """A starter: paths of the photograph, its labels, and labels already edited."""
        picture = open_image(photo)
        size = fit_long_side(picture, MAP_SIDE).size
        first, second = (
            resize(decode(Image.open(path), PALETTE).ids, size) for path in (own, edited)
        )
        return cls(picture, first, second, past=(first,))

    @property
    def count(self) -> int:
        """How many labels there are to paint with."""
        return int(max(self.own.max(), self.ids.max())) + 1

    def with_own_labels(self, labels: Image.Image) -> Canvas:
        """The photograph's labels replaced by an uploaded map; the edits are dropped."""
        check_same_shape(labels.size, self.photo.size, "label map")
        found = decode(labels, max_labels=len(PALETTE))
        ours = set(found.colours) <= set(PALETTE)
        if ours:  # its colours stay as they are
            found = decode(labels, PALETTE)
        ids = resize(fill_unlabelled(found.ids), self._size())
        return Canvas(self.photo, ids, ids, uploaded=None if ours else labels)

    def with_target_labels(self, labels: Image.Image) -> Canvas:
        """The edited map replaced by an uploaded one: in the colours of the photograph's uploaded
        map, or else in this canvas's."""
        check_same_shape(labels.size, self.photo.size, "label map")
        if self.uploaded is not None:
            _, target = decode_together(self.uploaded, labels)
            return self._edited(resize(fill_unlabelled(target.ids), self._size()))
        _, target = decode_together(encode(self.own), labels)
        # decode_together numbers the labels anew: by their colours they are found again.
        own_ids = np.array([PALETTE.index(colour) for colour in target.colours] + [255])
        table = np.full(256, 255, np.uint8)
        table[: len(target.colours)] = own_ids[:-1]
        return self._edited(resize(fill_unlabelled(table[target.ids]), self._size()))

    def painted(self, composite: Image.Image | None) -> Canvas:
        """What the canvas shows after a stroke; this very canvas when next to nothing changed."""
        if composite is None:
            return self
        decoded = decode(composite.convert("RGB"), PALETTE[: self.count]).ids
        ids = resize(decoded, self._size())
        return self if (ids != self.ids).mean() < UNCHANGED else self._edited(ids)

    def picked_at(self, x: int, y: int) -> Canvas:
        """The connected region around a clicked pixel of the overlay."""
        return replace(self, picked=label_edits.region_at(self.ids, int(x), int(y)))

    def grown(self, pixels: float) -> Canvas:
        """The picked region, larger."""
        return self._follow(label_edits.grow(self.ids, self._region(), pixels))

    def shrunk(self, pixels: float) -> Canvas:
        """The picked region, smaller."""
        return self._follow(label_edits.shrink(self.ids, self._region(), pixels))

    def moved(self, dx: int, dy: int) -> Canvas:
        """The picked region elsewhere."""
        return self._follow(label_edits.move(self.ids, self._region(), dx, dy), dx, dy)

    def undone(self) -> Canvas:
        """One step back."""
        if not self.past:
            raise InputError("There is nothing to undo.")
        return replace(self, ids=self.past[-1], past=self.past[:-1], picked=None)

    def restarted(self) -> Canvas:
        """The photograph's own labels again; undo brings the edits back."""
        return replace(self._edited(self.own), picked=None)

    def removal_mask(self) -> Image.Image:
        """The picked region, a little enlarged, white on black."""
        mask = self._region()
        ids = label_edits.grow(mask.astype(np.uint8), mask, 4)
        return Image.fromarray((ids * 255).astype(np.uint8))

    def label_pictures(self) -> tuple[Image.Image, Image.Image]:
        """Own and edited labels as pictures."""
        return encode(self.own), encode(self.ids)

    def editor_value(self) -> dict[str, Any]:
        """What a gr.ImageEditor shows: the map as background, no strokes yet."""
        picture = encode(self.ids)
        return {"background": picture, "layers": [], "composite": picture}

    def overlay(self) -> Image.Image:
        """The photograph tinted by its edited labels; all but the picked region is dimmed."""
        photo = np.asarray(self.photo.resize(self._size()), np.float32)
        tint = np.asarray(encode(self.ids), np.float32)
        out = 0.7 * photo + 0.3 * tint
        edge = np.zeros(self.ids.shape, bool)
        edge[:, 1:] |= self.ids[:, 1:] != self.ids[:, :-1]
        edge[1:] |= self.ids[1:] != self.ids[:-1]
        if self.picked is not None:
            out[~self.picked] *= 0.45
        out[edge] = 255
        return Image.fromarray(out.astype(np.uint8))

    def _region(self) -> NDArray[np.bool_]:
        if self.picked is None:
            raise InputError("Pick a region first: click it in the region picker.")
        return self.picked

    def _follow(self, ids: Ids, dx: int = 0, dy: int = 0) -> Canvas:
        """The edit, with the region still picked where it is now."""
        region = self._region()
        label = int(np.bincount(self.ids[region]).argmax())
        inside = np.argwhere(region)
        y, x = inside[np.abs(inside - inside.mean(0)).sum(1).argmin()] + (dy, dx)
        changed = self._edited(ids)
        height, width = ids.shape
        if 0 <= y < height and 0 <= x < width and ids[y, x] == label:
            return changed.picked_at(int(x), int(y))
        return replace(changed, picked=None)

    def _edited(self, ids: Ids) -> Canvas:
        past = (*self.past, self.ids)[-MEMORY:]
        return replace(self, ids=ids, past=past, picked=None)

    def _size(self) -> tuple[int, int]:
        return self.own.shape[1], self.own.shape[0]


def _at_most(photo: Image.Image, side: int) -> Image.Image:
    return photo if max(photo.size) <= side else fit_long_side(photo, side)
