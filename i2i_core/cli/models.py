"""The commands about fitted models: translate, import, models."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import i2i_core as i2i
from i2i_core.cli import common
from i2i_core.cli.common import arg, opt
from i2i_core.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from i2i_core.checkpoints.model_zoo import LoadedModel


def translate(
    name: Annotated[str, arg("MODEL", "a .safetensors file, or a shipped model's name")],
    images: Annotated[list[Path], arg("IMAGE", "pictures, or folders of them")],
    out: Annotated[Path, opt("a file to write for one picture, else a folder", "-o", "--out")],
    reverse: common.Reverse = False,
    max_long_side: Annotated[
        int, opt("pixels: larger pictures are shrunk", "--max-long-side", "--size")
    ] = 1024,
    seed: Annotated[int, opt("other colours, of models that have some")] = 0,
    reference: Annotated[Path | None, opt("a picture whose colours to take, likewise")] = None,
    strength: Annotated[float, opt("0 to 2, of models of domains; 0 is the picture itself")] = 1.0,
    keep_colours: Annotated[bool, opt("those of the picture, likewise", "--keep-colours")] = False,
) -> None:
    """Translate pictures with a model."""
    from tqdm import tqdm

    from i2i_core.images import save_picture, writable

    model = i2i.open_model(name)
    model.method.check_direction(reverse)
    settings = {"reverse": reverse, "seed": seed, **_blending(model, strength, keep_colours)}
    if reference is not None:
        settings["reference"] = i2i.open_image(reference)
    files = [file for path in images for file in _files(path, out)]
    alone = len(files) == 1 and not images[0].is_dir() and out.suffix
    if alone:
        writable(out)
    elif out.is_file():
        raise InputError(f"{out} is a file: name a folder for {len(files)} pictures.")
    else:
        common.make_folder(out)
    skipped: dict[str, str] = {}
    targets: set[Path] = set()
    sources = {file.resolve() for file in files}
    for file in tqdm(files, unit="picture", disable=len(files) < 2 or not sys.stderr.isatty()):
        try:
            source = i2i.open_image(file, flatten=not model.info.takes)
            picture = _translation(source, model, file.name, max_long_side, settings)
        except InputError as error:
            if len(files) == 1:
                raise
            skipped[file.name] = str(error)
            continue
        target = out if alone else _free(out / f"{file.stem}.png", targets, sources)
        save_picture(picture, target)
        targets.add(target)
        print(target)
    common.say_skipped(skipped)
    if not targets:
        raise InputError("None of the pictures could be translated.")


def _blending(model: LoadedModel, strength: float, keep_colours: bool) -> dict[str, Any]:
    """These settings for models of domains, none for others. Raises InputError for texture swap."""
    task = model.method.capabilities.task
    if task == "textures":
        raise InputError("This model swaps textures: use the command swap, with two pictures.")
    if task in ("domains", "single pair") and not model.info.takes:
        return {"strength": strength, "keep_colours": keep_colours}
    if strength != 1 or keep_colours:
        advice = "leave --strength and --keep-colours off"
        raise InputError(f"This model is not one of domains: {advice}.")
    return {}


def _files(path: Path, out: Path) -> list[Path]:
    """The picture `path`, or those of the folder, without what was written to `out` inside it."""
    from i2i_core.data.folders import Folder

    if not path.is_dir():
        return [path]
    files, results = Folder(path).files, out.resolve()
    if results == path.resolve():
        return files
    return [file for file in files if results not in file.resolve().parents]


def _translation(
    source: Image.Image, model: LoadedModel, name: str, max_long_side: int, settings: dict[str, Any]
) -> Image.Image:
    """The translation of the picture `name`, as the page makes it."""
    from i2i_core.images import fit_long_side
    from i2i_core.pipelines.domain_transfer import MIN_SHORT_SIDE

    if model.info.takes:  # at the size that the model learnt at
        return i2i.last_picture(i2i.translate(source, model, **settings))
    if max(source.size) > max_long_side:
        source = fit_long_side(source, max_long_side)
        common.say(f"{name}: shrunk to {source.width} × {source.height}.")
    side = min(source.size)
    if "strength" not in settings:
        return i2i.last_picture(i2i.translate(source, model, short_side=side, **settings))
    work = i2i.transfer(source, model, short_side=max(side, MIN_SHORT_SIDE), **settings)
    return i2i.last_picture(work).resize(source.size)


def _free(path: Path, targets: set[Path], sources: set[Path]) -> Path:
    """`path`, numbered if it is one of this run's translations (of a.png, a.jpg) or sources."""
    number, free = 2, path
    while free in targets or free.resolve() in sources:
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free


def import_(
    file: Annotated[Path, arg("FILE.pth")],
    out: common.Weights,
    reverse_file: Annotated[Path | None, opt("CycleGAN's other direction, for both in one")] = None,
    test_time: Annotated[
        Literal["paper", "eval"],
        opt("pix2pix: with dropout and the picture's own statistics, or without"),
    ] = "paper",
    half: Annotated[bool, opt("store half precision: half the size", "--half")] = False,
    about: common.About = "",
) -> None:
    """Make a model of a published .pth file.

    Reads a generator that pix2pix, CycleGAN, CUT or FastCUT published as .pth, or a swapping
    autoencoder; its architecture is recognised from the file."""
    from i2i_core.checkpoints.checkpoint import check_writable
    from i2i_core.importing.generators import import_published

    check_writable(out)
    if out.exists():
        raise InputError(f"{out.name} exists already: name another file.")
    i2i.save(import_published(file, reverse_file, test_time=test_time), out, half=half, about=about)
    print(out)


def models(
    folders: Annotated[list[Path] | None, arg("FOLDER", "where to look (default: here)")] = None,
    as_json: common.AsJson = False,
) -> None:
    """List the models at hand: the shipped ones and others."""
    infos = i2i.find_models(folders or ["."])
    if as_json:
        print(json.dumps([{**asdict(info), "path": str(info.path)} for info in infos]))
        return
    for info in infos:
        size = f"{info.bytes / 1e6:8.1f} MB"
        print(f"{info.name:32} {info.method:20} {info.steps:8} steps {size}  {info.about}")
    if not infos:
        common.say("No models here: see fit --help and import --help.")
