"""The commands that need no model: analogies, removal, label maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from i2i_core.cli.common import LongSide, Out, Seed, save_and_print, write_picture
from i2i_core.errors import InputError


def structural_analogy(
    a: Annotated[Path, typer.Argument(metavar="A", help="picture whose structure is kept")],
    b: Annotated[Path, typer.Argument(metavar="B", help="picture whose appearance is taken")],
    *,
    out: Out,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="exchange the roles of A and B")
    ] = False,
    preset: Annotated[str, typer.Option(help="what it is for, see below")] = "structure",
    granularity: Annotated[
        float | None,
        typer.Option(help="0: only A's large arrangement; 1: all its detail (default: preset's)"),
    ] = None,
    correspondence: Annotated[
        str | None,
        typer.Option("--correspondence", "--guide", help="what answers to what, see below"),
    ] = None,
    scribbles: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            help="strokes on A and on B, two to four colours on transparent ground: equal colours "
            "correspond"
        ),
    ] = None,
    seed: Seed = 0,
    long_side: LongSide = 256,
) -> None:
    """The arrangement of A made of the stuff of B.

    Makes a picture with the arrangement of A out of patches of B.
    """
    from i2i_core.images import open_image, writable
    from i2i_core.pipelines import analogy

    path = writable(out)
    strokes = None
    if scribbles:
        strokes = (
            open_image(scribbles[0], flatten=False),
            open_image(scribbles[1], flatten=False),
        )
    work = analogy.structural_analogy(
        open_image(a),
        open_image(b),
        preset=preset,
        granularity=granularity,
        correspondence=correspondence,
        seed=seed,
        long_side=long_side,
        reverse=reverse,
        scribbles=strokes,
    )
    write_picture(work, path)


def presets() -> str:
    """What there is to choose from for a structural analogy."""
    from i2i_core.methods.structural_analogy import StructuralAnalogy, StructuralAnalogyConfig

    correspondences = StructuralAnalogyConfig.allowed("correspondence")["choices"]
    return (
        f"Presets: {', '.join(StructuralAnalogy.presets)}.\n\n"
        f"Correspondences: {', '.join(correspondences)}."
    )


def semantic_analogy(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO")],
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="the photograph's label map")],
    target_labels: Annotated[
        Path, typer.Argument(metavar="TARGET_LABELS", help="a map with the same labels")
    ],
    *,
    out: Out,
    keep: Annotated[
        bool, typer.Option("--keep", help="leave alone what has the same label")
    ] = False,
    seed: Seed = 0,
    long_side: LongSide = 256,
) -> None:
    """The photograph that follows an edited label map.

    Makes the photograph that TARGET_LABELS would be the label map of.
    """
    from i2i_core.images import open_image, writable
    from i2i_core.pipelines import analogy

    work = analogy.semantic_analogy(
        open_image(photo),
        open_image(labels, flatten=False),
        open_image(target_labels, flatten=False),
        long_side=long_side,
        keep=keep,
        seed=seed,
    )
    write_picture(work, writable(out))


def remove(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO")],
    mask: Annotated[
        Path, typer.Argument(metavar="MASK", help="of its shape, white or opaque where to fill")
    ],
    *,
    out: Out,
    seed: Seed = 0,
    long_side: LongSide = 512,
) -> None:
    """Fill a masked part of a photograph from the rest."""
    from i2i_core.images import open_image, writable
    from i2i_core.pipelines import analogy

    work = analogy.remove_object(
        open_image(photo), open_image(mask, flatten=False), long_side=long_side, seed=seed
    )
    write_picture(work, writable(out))


def segment(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="a .png file to write")],
    classes: Annotated[int, typer.Option(help="number of labels, 2 to 8")] = 4,
) -> None:
    """A label map of a photograph.

    Divides a photograph into editable regions and writes them as a label map.
    """
    from i2i_core.images import open_image, writable
    from i2i_core.labels.maps import encode
    from i2i_core.labels.segmentation import segment

    path = writable(out)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path.name}: label maps need exact colours, so name the file .png.")
    save_and_print(encode(segment(open_image(photo), classes)), path)
