"""The commands about textures: swap them, keep pictures as codes, make pictures of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from i2i_core.cli.common import (
    Out,
    WeightsOut,
    check_weights_path,
    save_and_print,
    say,
    write_picture,
)

Strength = Annotated[float, typer.Option(help="0 to 1.5")]
ShortSide = Annotated[
    int | None, typer.Option("--short-side", "--size", help="pixels (default: as was learnt)")
]
Model = Annotated[str, typer.Option(help="a swapping autoencoder: a file, or a shipped one's name")]


def swap(
    structure: Annotated[
        Path, typer.Argument(metavar="STRUCTURE", help="picture whose layout is kept")
    ],
    texture: Annotated[
        Path, typer.Argument(metavar="TEXTURE", help="picture whose colours and stuff are taken")
    ],
    *,
    out: Out,
    model: Annotated[
        str,
        typer.Option(
            help='a swapping autoencoder, "patches", or "auto" for whichever fits both pictures'
        ),
    ] = "auto",
    strength: Strength = 1.0,
    detail: Annotated[float, typer.Option(help="of the structure picture, 0 to 1")] = 1.0,
    short_side: ShortSide = None,
    seed: Annotated[int, typer.Option(help="of patches: another number, another result")] = 0,
) -> None:
    """One picture's structure with another's texture.

    Gives STRUCTURE the texture of TEXTURE: fur, palette, weather.
    """
    from i2i_core.checkpoints.model_zoo import open_model
    from i2i_core.images import open_image, writable
    from i2i_core.pipelines import texture_swap

    path = writable(out)
    by_name = model in (texture_swap.AUTO, texture_swap.PATCHES)
    work = texture_swap.swap(
        open_image(structure),
        open_image(texture),
        model if by_name else open_model(model),
        strength=strength,
        detail=detail,
        short_side=short_side,
        seed=seed,
    )
    say(write_picture(work, path))


def encode(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE")],
    *,
    out: WeightsOut,
    model: Model,
    short_side: ShortSide = None,
) -> None:
    """A picture's structure and texture, as a file."""
    from i2i_core.checkpoints.model_zoo import open_model
    from i2i_core.images import open_image
    from i2i_core.methods import swapping_codes
    from i2i_core.pipelines.texture_swap import as_swapper

    check_weights_path(out)
    method = as_swapper(open_model(model))
    swapping_codes.save_codes(swapping_codes.encode(method, open_image(picture), short_side), out)
    print(out)


def decode(
    codes: Annotated[Path, typer.Argument(metavar="CODES", help="a file that encode wrote")],
    *,
    out: Out,
    model: Model,
    texture: Annotated[
        Path | None, typer.Option(help="codes of the picture whose texture is taken")
    ] = None,
    strength: Strength = 1.0,
) -> None:
    """The picture of a file that encode wrote.

    With its own texture, or that of another such file.
    """
    from i2i_core.checkpoints.model_zoo import open_model
    from i2i_core.images import writable
    from i2i_core.methods.swapping_codes import load_codes
    from i2i_core.pipelines.texture_swap import decode_codes

    path = writable(out)
    other = None if texture is None else load_codes(texture)
    save_and_print(decode_codes(load_codes(codes), open_model(model), other, strength), path)
