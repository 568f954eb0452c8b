"""The commands about fitted models: translate, import, models."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from i2i_core.cli.common import (
    About,
    AsJson,
    WeightsOut,
    check_weights_path,
    make_folder,
    say,
    say_skipped,
)
from i2i_core.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from i2i_core.checkpoints.model_zoo import LoadedModel


def translate(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="a .safetensors file, or a shipped model's name")
    ],
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="pictures, or folders of them")
    ],
    *,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="a file to write for one picture, else a folder")
    ],
    reverse: Annotated[
        bool, typer.Option("--reverse", help="from B to A, if the model can")
    ] = False,
    max_long_side: Annotated[
        int, typer.Option("--max-long-side", "--size", help="pixels: larger pictures are shrunk")
    ] = 1024,
    seed: Annotated[int, typer.Option(help="other colours, of models that have some")] = 0,
    reference: Annotated[
        Path | None,
        typer.Option(help="a picture in whose colours to translate, for models that can"),
    ] = None,
    strength: Annotated[
        float, typer.Option(help="0 to 2, of models of domains: 0 is the picture as it was")
    ] = 1.0,
    keep_colours: Annotated[
        bool, typer.Option("--keep-colours", help="likewise: take over lightness alone")
    ] = False,
) -> None:
    """Translate pictures with a model."""
    from i2i_core.checkpoints.model_zoo import open_model
    from i2i_core.data.folders import Folder
    from i2i_core.images import open_image, save_picture, writable

    model = open_model(name)
    model.method.check_direction(reverse)
    settings = {"reverse": reverse, "seed": seed, **_blending(model, strength, keep_colours)}
    if reference is not None:
        settings["reference"] = open_image(reference)
    files = [file for path in images for file in (Folder(path).files if path.is_dir() else [path])]
    alone = len(files) == 1 and not images[0].is_dir() and out.suffix
    if alone:
        writable(out)
    elif out.is_file():
        raise InputError(f"{out} is a file: name a folder for {len(files)} pictures.")
    else:
        make_folder(out)
    skipped: dict[str, str] = {}
    targets: set[Path] = set()
    taken = {file.resolve() for file in files}
    for file in _with_bar(files):
        try:
            source = open_image(file, flatten=not model.info.takes)
            picture = _translation(source, model, file.name, max_long_side, settings)
        except InputError as error:
            if len(files) == 1:
                raise
            skipped[file.name] = str(error)
            continue
        target = out if alone else _free(out / f"{file.stem}.png", targets, taken)
        save_picture(picture, target)
        targets.add(target)
        print(target)
    say_skipped(skipped)
    if not targets:
        raise InputError("None of the pictures could be translated.")


def _blending(model: LoadedModel, strength: float, keep_colours: bool) -> dict[str, Any]:
    """These settings for models of domains; none for others, which have no strength."""
    task = model.method.capabilities.task
    if task == "textures":
        raise InputError("This model swaps textures: use the command swap, with two pictures.")
    if task in ("domains", "single pair") and not model.info.takes:
        return {"strength": strength, "keep_colours": keep_colours}
    if strength != 1 or keep_colours:
        raise InputError(
            "This model is not one of domains: leave --strength and --keep-colours off."
        )
    return {}


def _translation(
    source: Image.Image,
    model: LoadedModel,
    name: str,
    max_long_side: int,
    settings: dict[str, Any],
) -> Image.Image:
    """The translation of the picture `name`, as the page makes it."""
    from i2i_core.images import fit_long_side
    from i2i_core.pipelines import domain_transfer, translation
    from i2i_core.progress import last_picture

    if model.info.takes:  # at the size that the model learnt at
        return last_picture(translation.translate(source, model, **settings))
    if max(source.size) > max_long_side:
        source = fit_long_side(source, max_long_side)
        say(f"{name}: shrunk to {source.width} × {source.height}.")
    short_side = min(source.size)
    if "strength" not in settings:
        translating = translation.translate(source, model, short_side=short_side, **settings)
        return last_picture(translating)
    short_side = max(short_side, domain_transfer.MIN_SHORT_SIDE)
    transferring = domain_transfer.transfer(source, model, short_side=short_side, **settings)
    return last_picture(transferring).resize(source.size)


def _with_bar(files: Sequence[Path]) -> Iterator[Path]:
    from tqdm import tqdm

    yield from tqdm(files, unit="picture", disable=len(files) < 2 or not sys.stderr.isatty())


def _free(path: Path, targets: set[Path], sources: set[Path]) -> Path:
    """`path`, or with a number if a translation of this run has that name (a.png and a.jpg), or if
    it is one of the pictures to translate."""
    number, free = 2, path
    while free in targets or free.resolve() in sources:
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.pth")],
    *,
    out: WeightsOut,
    reverse_file: Annotated[
        Path | None, typer.Option(help="CycleGAN's other direction, for both in one")
    ] = None,
    test_time: Annotated[
        Literal["paper", "eval"],
        typer.Option(
            help="pix2pix: translate with dropout and the picture's own statistics, or not"
        ),
    ] = "paper",
    half: Annotated[
        bool, typer.Option("--half", help="store half precision: half the size")
    ] = False,
    about: About = "",
) -> None:
    """Make a model of a published .pth file.

    Reads a generator that pix2pix, CycleGAN, CUT or FastCUT published as .pth, or a swapping
    autoencoder; its architecture is recognised from the file.
    """
    from i2i_core.checkpoints.checkpoint import save
    from i2i_core.importing.generators import import_published

    check_weights_path(out)
    if out.exists():
        raise InputError(f"{out.name} exists already: name another file.")
    save(import_published(file, reverse_file, test_time=test_time), out, half=half, about=about)
    print(out)


def models(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="FOLDER", help="where to look (default: here)")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the models at hand: the shipped ones and others."""
    from dataclasses import asdict

    from i2i_core.checkpoints.model_zoo import find_models

    infos = find_models(folders or ["."])
    if as_json:
        print(json.dumps([{**asdict(info), "path": str(info.path)} for info in infos]))
        return
    for info in infos:
        megabytes = info.bytes / 1e6
        print(
            f"{info.name:32} {info.method:20} {info.steps:8} steps {megabytes:8.1f} MB  "
            f"{info.about}"
        )
    if not infos:
        say("No models here: see fit --help and import --help.")
