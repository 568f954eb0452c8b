"""The commands that need no model: analogies, removal, label maps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import i2i_core as i2i
from i2i_core.cli.common import LongSide, Out, Seed, arg, opt, save_and_print, write_picture
from i2i_core.errors import InputError

if TYPE_CHECKING:
    from PIL import Image


def structural_analogy(
    a: Annotated[Path, arg("A", "picture whose structure is kept")],
    b: Annotated[Path, arg("B", "picture whose appearance is taken")],
    out: Out,
    reverse: Annotated[bool, opt("exchange the roles of A and B", "--reverse")] = False,
    preset: Annotated[str, opt("what it is for, see below")] = "structure",
    granularity: Annotated[
        float | None, opt("0: only A's large arrangement; 1: all of its detail (default: preset's)")
    ] = None,
    correspondence: Annotated[
        str | None, opt("what answers to what, see below", "--correspondence", "--guide")
    ] = None,
    scribbles: Annotated[
        tuple[Path, Path] | None,
        opt("on A and on B, on transparent ground: what is in equal colours corresponds"),
    ] = None,
    seed: Seed = 0,
    long_side: LongSide = 256,
) -> None:
    """The arrangement of A made of the stuff of B.

    Makes a picture with the arrangement of A out of patches of B."""
    work = i2i.structural_analogy(
        i2i.open_image(a), i2i.open_image(b), preset=preset, granularity=granularity,
        correspondence=correspondence, seed=seed, long_side=long_side, reverse=reverse,
        scribbles=(_unchanged(scribbles[0]), _unchanged(scribbles[1])) if scribbles else None,
    )  # fmt: skip
    write_picture(work, out)


def presets() -> str:
    """What there is to choose from for a structural analogy."""
    from i2i_core.methods.structural_analogy import StructuralAnalogy, StructuralAnalogyConfig

    presets = ", ".join(StructuralAnalogy.presets)
    correspondences = ", ".join(StructuralAnalogyConfig.allowed("correspondence")["choices"])
    return f"Presets: {presets}.\n\nCorrespondences: {correspondences}."


def semantic_analogy(
    photo: Annotated[Path, arg("PHOTO")],
    labels: Annotated[Path, arg("LABELS", "the photograph's label map")],
    target: Annotated[Path, arg("TARGET_LABELS", "a map with the same labels")],
    out: Out,
    keep: Annotated[bool, opt("leave alone what has the same label", "--keep")] = False,
    seed: Seed = 0,
    long_side: LongSide = 256,
) -> None:
    """The photograph that follows an edited label map.

    Makes the photograph that TARGET_LABELS would be the label map of."""
    maps = _unchanged(labels), _unchanged(target)
    photograph = i2i.open_image(photo)
    work = i2i.semantic_analogy(photograph, *maps, long_side=long_side, keep=keep, seed=seed)
    write_picture(work, out)


def remove(
    photo: Annotated[Path, arg("PHOTO")],
    mask: Annotated[Path, arg("MASK", "of its shape, white or opaque where to fill")],
    out: Out,
    seed: Seed = 0,
    long_side: LongSide = 512,
) -> None:
    """Fill a masked part of a photograph from the rest."""
    work = i2i.remove_object(i2i.open_image(photo), _unchanged(mask), long_side, seed)
    write_picture(work, out)


def segment(
    photo: Annotated[Path, arg("PHOTO")],
    out: Annotated[Path, opt("a .png file to write", "-o", "--out")],
    classes: Annotated[int, opt("number of labels, 2 to 8")] = 4,
) -> None:
    """A label map of a photograph.

    Divides a photograph into editable regions and writes them as a label map."""
    from i2i_core.images import writable
    from i2i_core.labels.maps import encode

    path = writable(out)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path.name}: label maps need exact colours, so name the file .png.")
    save_and_print(encode(i2i.segment(i2i.open_image(photo), classes)), path)


def _unchanged(path: Path) -> Image.Image:
    """A picture whose exact colours and transparency count."""
    return i2i.open_image(path, flatten=False)
