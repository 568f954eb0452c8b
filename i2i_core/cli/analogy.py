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
    out: Out,
    labels: Annotated[Path | None, arg("LABELS", "the photograph's label map")] = None,
    target: Annotated[Path | None, arg("TARGET_LABELS", "a map with the same labels")] = None,
    layout: Annotated[
        Path | None, opt("another photograph whose layout is taken, in place of both maps")
    ] = None,
    classes: Annotated[int, opt("kinds of region to find with --layout, 2 to 8")] = 5,
    keep: Annotated[bool, opt("leave alone what has the same label", "--keep")] = False,
    seed: Seed = 0,
    long_side: LongSide = 256,
) -> None:
    """The photograph that follows an edited label map, or the layout of another photograph.

    Makes the photograph that TARGET_LABELS would be the label map of; with --layout, the
    photograph with the layout of another one."""
    photograph = i2i.open_image(photo)
    work = i2i.semantic_analogy(
        photograph,
        *(None if path is None else _unchanged(path) for path in (labels, target)),
        layout=None if layout is None else i2i.open_image(layout),
        classes=classes,
        long_side=long_side,
        keep=keep,
        seed=seed,
    )
    write_picture(work, out)


def find_correspondence(
    a: Annotated[Path, arg("A", "picture that is asked about")],
    b: Annotated[Path, arg("B", "picture that answers")],
    x: Annotated[float, arg("X", "the point in A, a share of its width, 0 to 1")],
    y: Annotated[float, arg("Y", "the same of its height")],
    out: Out,
) -> None:
    """Where B shows what A shows at a point.

    Prints the best spot in B, shares of its width and height, and writes a heat map over B."""
    from i2i_core.images import writable

    path = writable(out)
    found = i2i.find_correspondence(i2i.open_image(a), i2i.open_image(b), (x, y))
    print(f"{found.point[0]:.3f} {found.point[1]:.3f}")
    save_and_print(found.heat_map, path)


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


def remove_background(
    photo: Annotated[Path, arg("PHOTO")],
    out: Annotated[Path, opt("a .png file to write", "-o", "--out")],
) -> None:
    """Cut out what stands out of a photograph.

    Writes the photograph with a transparent background, at its own size.
    """
    path = _png(out, "only PNG keeps transparency here")
    save_and_print(i2i.remove_background(i2i.open_image(photo)), path)


def segment(
    photo: Annotated[Path, arg("PHOTO")],
    out: Annotated[Path, opt("a .png file to write", "-o", "--out")],
    classes: Annotated[int, opt("number of labels, 2 to 8")] = 4,
) -> None:
    """A label map of a photograph.

    Divides a photograph into editable regions and writes them as a label map."""
    from i2i_core.labels.maps import encode

    path = _png(out, "label maps need exact colours")
    save_and_print(encode(i2i.segment(i2i.open_image(photo), classes)), path)


def _png(out: Path, reason: str) -> Path:
    """`out` if it can be written and is called .png; the InputError says what for."""
    from i2i_core.images import writable

    path: Path = writable(out)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path.name}: {reason}, so name the file .png.")
    return path


def _unchanged(path: Path) -> Image.Image:
    """A picture whose exact colours and transparency count."""
    return i2i.open_image(path, flatten=False)
