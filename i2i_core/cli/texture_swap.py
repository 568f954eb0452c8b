"""The commands about textures: swap them, keep pictures as codes, make pictures of codes."""

from pathlib import Path
from typing import Annotated

import i2i_core as i2i
from i2i_core.cli import common
from i2i_core.cli.common import arg, opt

Strength = Annotated[float, opt("0 to 1.5")]
SwapStrength = Annotated[float, opt("0 to 1.5: 0.5 is recoloured, 1 re-made, beyond for a model")]
ShortSide = Annotated[int | None, opt("pixels (default: as was learnt)", "--short-side", "--size")]
Model = Annotated[str, opt("a swapping autoencoder: a file, or a shipped one's name")]


def swap(
    structure: Annotated[Path, arg("STRUCTURE", "picture whose layout is kept")],
    texture: Annotated[Path, arg("TEXTURE", "picture whose colours and stuff are taken")],
    out: common.Out,
    model: Annotated[
        str,
        opt('"auto" for what is measured best, "patches" for no model, or a swapping autoencoder'),
    ] = "auto",
    strength: SwapStrength = 1.0,
    detail: Annotated[float, opt("of the structure picture, 0 to 1")] = 1.0,
    short_side: ShortSide = None,
    seed: Annotated[int, opt("of patches: another number, another result")] = 0,
) -> None:
    """One picture's structure with another's texture.

    Gives STRUCTURE the texture of TEXTURE: fur, palette, weather."""
    from i2i_core.pipelines.texture_swap import AUTO, PATCHES

    work = i2i.swap(
        i2i.open_image(structure), i2i.open_image(texture),
        model if model in (AUTO, PATCHES) else i2i.open_model(model),
        strength=strength, detail=detail, short_side=short_side, seed=seed,
    )  # fmt: skip
    common.say(common.write_picture(work, out))


def encode(
    picture: Annotated[Path, arg("PICTURE")],
    out: common.Weights,
    model: Model,
    short_side: ShortSide = None,
) -> None:
    """A picture's structure and texture, as a file."""
    from i2i_core.checkpoints.checkpoint import check_writable
    from i2i_core.methods import swapping_codes
    from i2i_core.pipelines.texture_swap import as_swapper

    check_writable(out)
    method = as_swapper(i2i.open_model(model))
    codes = swapping_codes.encode(method, i2i.open_image(picture), short_side)
    swapping_codes.save_codes(codes, out)
    print(out)


def decode(
    codes: Annotated[Path, arg("CODES", "a file that encode wrote")],
    out: common.Out,
    model: Model,
    texture: Annotated[Path | None, opt("codes of the picture whose texture is taken")] = None,
    strength: Strength = 1.0,
) -> None:
    """The picture of a file that encode wrote.

    With its own texture, or that of another such file."""
    from i2i_core.images import writable
    from i2i_core.methods.swapping_codes import load_codes
    from i2i_core.pipelines.texture_swap import decode_codes

    path, style = writable(out), None if texture is None else load_codes(texture)
    picture = decode_codes(load_codes(codes), i2i.open_model(model), style, strength)
    common.save_and_print(picture, path)
