"""Starter pictures of the tab "Texture swap": python -m examples.swaps

A photograph of a cat (Chelsea, by Stéfan van der Walt, CC0), cats that the model for sketches
made, and scenes drawn by code, recoloured and re-made; the results are kept in
`examples/starters/` and shown before the first click.
"""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

from examples.starters import FOLDER
from i2i_core.checkpoints.model_zoo import SHIPPED, open_model
from i2i_core.images.files import open_image
from i2i_core.pipelines.texture_edits import begin
from i2i_core.pipelines.texture_swap import PATCHES, swap, swap_grid
from i2i_core.progress import last_picture

CATS, LANDSCAPES = "swapping_autoencoder.cats", "swapping_autoencoder.landscapes"


class Swapped(NamedTuple):
    """A stored swap: the starters that it is made of, and the model, or PATCHES."""

    structure: str
    texture: str
    made_by: str

    @property
    def name(self) -> str:
        """Of its starter."""
        return f"{self.structure}+{self.texture}"


class Grid(NamedTuple):
    """A stored grid: its name, the starters of both sides, and the model."""

    name: str
    structures: tuple[str, ...]
    textures: tuple[str, ...]
    made_by: str


# The first stands on the page when it opens.
SWAPS = (
    Swapped("chelsea", "kitten_photo", PATCHES),
    Swapped("meadow", "lake_winter", PATCHES),
    Swapped("tomcat_photo", "chelsea", PATCHES),
    Swapped("letter", "pebbles", PATCHES),
)
CAT_PHOTOS = ("chelsea", "kitten_photo", "tabby_photo", "tomcat_photo")
GRID = Grid("cats_swapped", CAT_PHOTOS, CAT_PHOTOS, PATCHES)
STRUCTURE = "chelsea_structure"  # the first cat's structure code as colours
SIDE = 256
FACE = (60, 0, 360, 300)  # of Chelsea


def picture(name: str) -> Image.Image:
    """A starter."""
    return open_image(FOLDER / f"{name}.jpg")


def swapped(stored: Swapped) -> Image.Image:
    """What a stored swap shows."""
    one, other = picture(stored.structure), picture(stored.texture)
    model = PATCHES if stored.made_by == PATCHES else open_model(stored.made_by)
    return last_picture(swap(one, other, model))


def grid(stored: Grid) -> Image.Image:
    """What a stored grid shows."""
    structures, textures = (
        [picture(name) for name in names] for names in (stored.structures, stored.textures)
    )
    model = PATCHES if stored.made_by == PATCHES else open_model(stored.made_by)
    return last_picture(swap_grid(structures, textures, model))


def main() -> None:
    """Swap and keep everything; a minute."""
    from skimage.data import chelsea

    face = Image.fromarray(chelsea()).crop(FACE).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    face.save(FOLDER / "chelsea.jpg", quality=92)
    for stored in SWAPS:
        swapped(stored).save(FOLDER / f"{stored.name}.jpg", quality=90)
    edited = begin(picture(CAT_PHOTOS[0]), open_model(CATS))
    edited.colours.save(FOLDER / f"{STRUCTURE}.png")
    sheet = grid(GRID)
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS).save(
        FOLDER / f"{GRID.name}.jpg", quality=88
    )
    grid(GRID._replace(made_by=CATS)).save(SHIPPED / f"{CATS}.jpg", quality=85)
    scenes = [picture(name) for name in ("meadow", "lake", "fields")]
    looks = [picture(name) for name in ("lake_winter", "meadow", "fields", "lake")]
    last_picture(swap_grid(scenes, looks, open_model(LANDSCAPES))).save(
        SHIPPED / f"{LANDSCAPES}.jpg", quality=85
    )


if __name__ == "__main__":
    main()
