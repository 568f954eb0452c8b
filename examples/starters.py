"""Draws the starter pictures of the page and makes their results: python -m examples.starters

The results are shown before the first click, so they are made beforehand and kept in
`examples/starters/`, together with the pictures: JPEG for pictures, PNG for label maps.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from examples.scenes import draw
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels import edits as label_edits
from i2i_core.labels.maps import PALETTE, decode, encode
from i2i_core.pipelines.analogy import semantic_analogy, structural_analogy
from i2i_core.progress import last_picture

FOLDER = Path(__file__).parent / "starters"
SIZE = 512

RESULT_SIZE = 384


class Pair(NamedTuple):
    """Names of two scenes, and the settings that their stored results were made with."""

    structure: str
    appearance: str
    preset: str
    correspondence: str
    granularity: float


# The first stands on the page when it opens.
PAIRS = (
    Pair("pebbles", "cracked", "structure", "inverted lightness", 0.4),
    Pair("letter_plain", "letter", "text effect", "strokes", 0.7),
    Pair("mosaic", "cracked", "texture", "lightness", 0.7),
)
SCENES = ("lake", "fields")


def main() -> None:
    """Draw and compute everything; about a minute on two cores."""
    FOLDER.mkdir(exist_ok=True)
    pictures: dict[str, Image.Image] = {}
    for name in sorted({name for a, b, *_ in PAIRS for name in (a, b)} | set(SCENES)):
        scene = draw(name, SIZE)
        # Pairs are kept at the size of their results: before and after lie on each other.
        side = SIZE if name in SCENES else RESULT_SIZE
        _save(fit_long_side(scene.picture, side), f"{name}.jpg")
        # Results come from what a visitor gets, not from what was drawn.
        pictures[name] = open_image(FOLDER / f"{name}.jpg")
        if name in SCENES and scene.labels is not None:
            labels = encode(decode(scene.labels, scene.label_colours).ids)
            labels.save(FOLDER / f"{name}_labels.png")
    for (a, b, preset, correspondence, granularity), reverse in product(PAIRS, (False, True)):
        work = structural_analogy(
            pictures[a],
            pictures[b],
            preset=preset,
            correspondence=correspondence,
            granularity=granularity,
            long_side=RESULT_SIZE,
            reverse=reverse,
        )
        made, of = (b, a) if reverse else (a, b)
        _save(last_picture(work), f"{made}_of_{of}.jpg")
    for a, b, *_ in PAIRS:
        _save(_side_by_side(pictures[a], pictures[b]), f"{a}+{b}.jpg")
    for name in SCENES:
        labels = Image.open(FOLDER / f"{name}_labels.png")
        edited = _edited(name, labels)
        edited.save(FOLDER / f"{name}_edited.png")
        work = semantic_analogy(pictures[name], labels, edited, long_side=SIZE, keep=True)
        _save(last_picture(work), f"{name}_repainted.jpg")


def _edited(name: str, labels: Image.Image) -> Image.Image:
    """The edit shown first: a wider lake, or a wider field."""
    ids = decode(labels, PALETTE).ids
    spot, pixels = {"lake": ((256, 350), 40), "fields": ((256, 256), 30)}[name]
    return encode(label_edits.grow(ids, label_edits.region_at(ids, *spot), pixels))


def _side_by_side(a: Image.Image, b: Image.Image) -> Image.Image:
    """A thumbnail of a pair."""
    out = Image.new("RGB", (256, 128), "white")
    out.paste(a.resize((127, 128)), (0, 0))
    out.paste(b.resize((127, 128)), (129, 0))
    return out


def _save(picture: Image.Image, name: str) -> None:
    picture.save(FOLDER / name, quality=92, subsampling=0)


if __name__ == "__main__":
    main()
