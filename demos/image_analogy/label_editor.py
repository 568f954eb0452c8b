"""The label map that a visitor edits, with its photograph and its past: a plain immutable value."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from gradio.components.image_editor import EditorValue
from numpy.typing import NDArray
from PIL import Image, ImageOps

from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import check_same_shape, fit_long_side
from i2i_core.labels import edits as label_edits
from i2i_core.labels import maps
from i2i_core.labels.maps import PALETTE, Ids, decode, encode, resize
from i2i_core.pipelines.analogy import layout_maps
from i2i_core.pipelines.background_removal import pick_object
from i2i_core.pipelines.segmentation import segment

MAP_SIDE = 448  # longer side of the edited map, pixels: what the canvas shows
PHOTO_SIDE = 1024  # longer side of the photograph that is kept
SCALING_SHARE = 0.0005  # of the pixels; scaling the canvas alone may alter as many
MAX_UNDO_STEPS = 30


@dataclass(frozen=True)
class Canvas:
    """`photo`, its `photo_ids` and the edited `ids`, both (H, W) at MAP_SIDE; `region`: what the
    tools work on; `past`: earlier ids; `uploaded_map`: what `photo_ids` came from, if uploaded."""

    photo: Image.Image
    photo_ids: Ids
    ids: Ids
    region: NDArray[np.bool_] | None = None
    past: tuple[Ids, ...] = ()
    uploaded_map: Image.Image | None = None

    @classmethod
    def segmented(cls, photo: Image.Image, classes: int) -> Canvas:
        """A new photograph with the labels found by segmentation."""
        if max(photo.size) > PHOTO_SIDE:
            photo = fit_long_side(photo, PHOTO_SIDE)
        ids = segment(fit_long_side(photo, MAP_SIDE), classes)
        return cls(photo, ids, ids)

    @classmethod
    def stored(cls, photo: str, labels: str, edited_labels: str) -> Canvas:
        """A starter: paths of the photograph, its labels, and labels already edited."""
        picture = open_image(photo)
        size = fit_long_side(picture, MAP_SIDE).size
        photo_ids, ids = (
            resize(decode(Image.open(path), PALETTE).ids, size) for path in (labels, edited_labels)
        )
        return cls(picture, photo_ids, ids, past=(photo_ids,))

    @property
    def count(self) -> int:
        """How many labels there are to paint with."""
        return int(max(self.photo_ids.max(), self.ids.max())) + 1

    def with_own_labels(self, labels: Image.Image) -> Canvas:
        """The photograph's labels replaced by an uploaded map; the edits are dropped."""
        check_same_shape(labels.size, self.photo.size, "label map")
        label_map = decode(labels, max_labels=len(PALETTE))
        in_palette = set(label_map.colours) <= set(PALETTE)
        if in_palette:  # its colours stay as they are
            label_map = decode(labels, PALETTE)
        ids = resize(maps.fill_unlabelled(label_map.ids), self._size())
        return Canvas(self.photo, ids, ids, uploaded_map=None if in_palette else labels)

    def with_target_labels(self, labels: Image.Image) -> Canvas:
        """The edited map replaced by an uploaded one, in the colours of `uploaded_map`, or ours."""
        check_same_shape(labels.size, self.photo.size, "label map")
        _, target = maps.decode_together(self.uploaded_map or encode(self.photo_ids), labels)
        ids = target.ids
        if self.uploaded_map is None:
            # decode_together numbers the labels anew: by their colours they are found again.
            table = np.full(256, maps.UNLABELLED, np.uint8)
            table[: len(target.colours)] = [PALETTE.index(colour) for colour in target.colours]
            ids = table[ids]
        return self._edited(resize(maps.fill_unlabelled(ids), self._size()))

    def painted(self, composite: Image.Image | None) -> Canvas:
        """What the canvas shows after a stroke; this very canvas when next to nothing changed."""
        if composite is None:
            return self
        decoded = decode(composite.convert("RGB"), PALETTE[: self.count]).ids
        ids = resize(decoded, self._size())
        return self if (ids != self.ids).mean() < SCALING_SHARE else self._edited(ids)

    def picked_at(self, x: int, y: int) -> Canvas:
        """The connected region around a clicked pixel of the overlay."""
        return replace(self, region=label_edits.region_at(self.ids, int(x), int(y)))

    def picked_object_at(self, x: int, y: int) -> Canvas:
        """The object of the photograph at a clicked pixel of the overlay, whatever its labels."""
        width, height = self._size()
        mask = pick_object(fit_long_side(self.photo, MAP_SIDE), (x / width, y / height))
        return replace(self, region=np.asarray(mask.resize(self._size()), np.uint8) > 127)

    def grown(self, pixels: float) -> Canvas:
        """The picked region, larger."""
        return self._follow(label_edits.grow(self.ids, self._picked_region(), pixels))

    def shrunk(self, pixels: float) -> Canvas:
        """The picked region, smaller."""
        return self._follow(label_edits.shrink(self.ids, self._picked_region(), pixels))

    def moved(self, dx: int, dy: int) -> Canvas:
        """The picked region elsewhere."""
        return self._follow(label_edits.move(self.ids, self._picked_region(), dx, dy), dx, dy)

    def undone(self) -> Canvas:
        """One step back."""
        if not self.past:
            raise InputError("There is nothing to undo.")
        return replace(self, ids=self.past[-1], past=self.past[:-1], region=None)

    def restarted(self) -> Canvas:
        """The photograph's own labels again; undo brings the edits back."""
        return self._edited(self.photo_ids)

    def removal_mask(self) -> Image.Image:
        """The picked region, a little enlarged, white on black."""
        mask = self._picked_region()
        return Image.fromarray(label_edits.grow(mask.astype(np.uint8), mask, 4) * np.uint8(255))

    def label_pictures(self) -> tuple[Image.Image, Image.Image]:
        """The photograph's labels and the edited ones as pictures."""
        return encode(self.photo_ids), encode(self.ids)

    def editor_value(self) -> EditorValue:
        """What a gr.ImageEditor shows: the map as background, no strokes yet."""
        picture = encode(self.ids)
        return {"background": picture, "layers": [], "composite": picture}

    def overlay(self) -> Image.Image:
        """The photograph tinted by its edited labels; all but the picked region is dimmed."""
        photo = np.asarray(self.photo.resize(self._size()), np.float32)
        tinted = 0.7 * photo + 0.3 * np.asarray(encode(self.ids), np.float32)
        edge = np.zeros(self.ids.shape, bool)
        edge[:, 1:] |= self.ids[:, 1:] != self.ids[:, :-1]
        edge[1:] |= self.ids[1:] != self.ids[:-1]
        if self.region is not None:
            tinted[~self.region] *= 0.45
        tinted[edge] = 255
        return Image.fromarray(tinted.astype(np.uint8))

    def _picked_region(self) -> NDArray[np.bool_]:
        if self.region is None:
            raise InputError("Pick a region first: click it in the region picker.")
        return self.region

    def _follow(self, ids: Ids, dx: int = 0, dy: int = 0) -> Canvas:
        """The edit, with the region still picked where it is now."""
        region = self._picked_region()
        label = int(np.bincount(self.ids[region]).argmax())
        inside = np.argwhere(region)
        y, x = inside[np.abs(inside - inside.mean(0)).sum(1).argmin()] + (dy, dx)
        changed = self._edited(ids)
        inside_map = 0 <= y < ids.shape[0] and 0 <= x < ids.shape[1]
        return changed.picked_at(x, y) if inside_map and ids[y, x] == label else changed

    def _edited(self, ids: Ids) -> Canvas:
        past = (*self.past, self.ids)[-MAX_UNDO_STEPS:]
        return replace(self, ids=ids, past=past, region=None)

    def with_layout_of(self, other: Image.Image, classes: int) -> Canvas:
        """The photograph segmented anew together with `other`, cropped to its shape, whose regions
        are the edited map."""
        photo = fit_long_side(self.photo, MAP_SIDE)
        pictures = layout_maps(photo, ImageOps.fit(other, photo.size), classes)
        ids, target = (decode(labels, PALETTE).ids for labels in pictures)
        return Canvas(self.photo, resize(ids, self._size()), resize(target, self._size()))

    def _size(self) -> tuple[int, int]:
        return self.ids.shape[1], self.ids.shape[0]
