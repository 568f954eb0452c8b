"""The commands about fitted models: translate, import, models, and evaluate for a model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from i2i_core.cli.common import make_folder, model_path, shown, tell_skipped
from i2i_core.cli.fit import add_fit
from i2i_core.errors import InputError
from i2i_core.images.files import open_image, save_picture, writable
from i2i_core.images.sizes import fit_long_side
from i2i_core.method import Progress


def translate(options: argparse.Namespace) -> None:
    from i2i_core.checkpoints.model_zoo import model_info, open_model, resolve
    from i2i_core.data.folders import Folder
    from i2i_core.pipelines.translation import translate as translated
    from i2i_core.progress import last_picture

    path = resolve(options.model)
    if model_info(path).method == "swapping_autoencoder":
        raise InputError("This model swaps textures: use the command swap, with two pictures.")
    method = open_model(path)
    drawn = bool(model_info(path).takes)
    files = [
        file
        for name in options.images
        for file in (Folder(name).files if Path(name).is_dir() else [Path(name)])
    ]
    out = Path(options.out)
    one = len(files) == 1 and not Path(options.images[0]).is_dir() and out.suffix
    if one:
        writable(options.out)
    else:
        if out.is_file():
            raise InputError(f"{out} is a file: name a folder for {len(files)} pictures.")
        make_folder(out)
    if options.reverse and not method.two_way:
        raise InputError("This model translates in one direction only: leave --reverse off.")
    skipped: dict[str, str] = {}
    written: set[Path] = set()
    sources = {file.resolve() for file in files}
    for file in _counted(files):
        try:
            source = open_image(file, flatten=not drawn)
            if not drawn and max(source.size) > options.size:
                source = fit_long_side(source, options.size)
                print(f"{file.name}: shrunk to {source.width} × {source.height}.", file=sys.stderr)
            size = None if drawn else min(source.size)
            picture = last_picture(
                translated(source, path, size=size, seed=options.seed, reverse=options.reverse)
            )
        except InputError as error:
            if len(files) == 1:
                raise
            skipped[file.name] = str(error)
            continue
        target = out if one else _free(out / f"{file.stem}.png", written, sources)
        save_picture(picture, target)
        written.add(target)
        print(target)
    tell_skipped(skipped)
    if not written:
        raise InputError("None of the pictures could be translated.")


def _counted(files: Sequence[Path]) -> Iterator[Path]:
    from tqdm import tqdm

    yield from tqdm(files, unit="picture", disable=len(files) < 2 or not sys.stderr.isatty())


def _free(path: Path, written: set[Path], sources: set[Path]) -> Path:
    """`path`, or with a number if a translation of this run has that name (a.png and a.jpg), or if
    it is one of the pictures to translate."""
    number, free = 2, path
    while free in written or free.resolve() in sources:
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free


def import_(options: argparse.Namespace) -> None:
    from i2i_core.checkpoints.checkpoint import save
    from i2i_core.importing.generators import import_published

    out = model_path(options.out)
    if out.exists():
        raise InputError(f"{out.name} exists already: name another file.")
    method = import_published(options.file, options.reverse_file, test_time=options.test_time)
    save(method, out, half=options.half, about=options.about)
    print(out)


def models(options: argparse.Namespace) -> None:
    from i2i_core.checkpoints.model_zoo import find_models

    found = find_models(options.folders or ["."])
    if options.json:
        print(json.dumps([{**vars(m), "path": str(m.path)} for m in found]))
        return
    for model in found:
        megabytes = model.bytes / 1e6
        print(
            f"{model.name:32} {model.method:20} {model.steps:8} steps {megabytes:8.1f} MB  "
            f"{model.about}"
        )
    if not found:
        print("No models here: see fit --help and import --help.", file=sys.stderr)


def evaluate_model(options: argparse.Namespace) -> Mapping[str, float]:
    """The scores of the model at `options.result`; notes go to standard error."""
    from i2i_core.checkpoints.checkpoint import load
    from i2i_core.checkpoints.model_zoo import model_info, resolve
    from i2i_core.data.folders import open_domains
    from i2i_core.devices import best_device
    from i2i_core.evaluation import model as model_evaluation
    from i2i_core.pipelines.translation import Prepared

    path = resolve(options.result)
    method = load(path, device=best_device())
    paired = options.paired or options.ab is not None or method.paired
    to_a = options.direction == "BtoA"
    sides = {"ab": options.ab, "paired": paired, "reverse": to_a}
    a, b = open_domains(options.a, options.b, part="test", **sides)
    train = open_domains(*options.train, paired=True, reverse=to_a) if options.train else None
    takes = model_info(path).takes
    if takes:
        a = Prepared(a, takes, int(method.config.size))  # type: ignore[arg-type]
        train = train and (Prepared(train[0], takes, a.size), train[1])
    last = Progress(0, 1)
    work = model_evaluation.evaluate_model(
        method, a, b, paired=paired, reverse=options.reverse, limit=options.limit, train=train
    )
    for progress in shown(work):
        last = progress
    if last.note:
        print(last.note, file=sys.stderr)
    return last.losses


def add_evaluation_of_models(c: argparse.ArgumentParser) -> None:
    """What `evaluate` takes for a model."""
    group = c.add_argument_group("for a model")
    group.add_argument("--a", metavar="DIR", help="pictures of A")
    group.add_argument("--b", metavar="DIR", help="pictures of B")
    group.add_argument("--ab", metavar="DIR", help="pictures with A left and B right")
    group.add_argument("--direction", choices=("AtoB", "BtoA"), default="AtoB")
    group.add_argument("--reverse", action="store_true", help="measure the way from B to A")
    group.add_argument("--paired", action="store_true", help="files of one name are pairs")
    group.add_argument("--limit", type=int, help="so many pictures of each side at most")
    group.add_argument(
        "--train",
        nargs=2,
        metavar=("DIR_A", "DIR_B"),
        help="pairs to teach the reader of the FCN-score (default: one half, for the other)",
    )


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parsers of this file's commands."""
    add_fit(commands)

    c = commands.add_parser(
        "translate",
        help="translate pictures with a model",
        description="Translate pictures, or all pictures of folders, with a fitted model.",
    )
    c.add_argument("model", metavar="MODEL", help="a .safetensors file, or a shipped model's name")
    c.add_argument("images", nargs="+", metavar="IMAGE", help="pictures or folders of them")
    c.add_argument(
        "-o", "--out", required=True, metavar="OUT", help="a file for one picture, else a folder"
    )
    c.add_argument("--reverse", action="store_true", help="from B to A, if the model can")
    c.add_argument(
        "--size", type=int, default=1024, help="shrink longer sides to this (default 1024 pixels)"
    )
    c.add_argument("--seed", type=int, default=0, help="other colours, of models that have some")
    c.set_defaults(run=translate)

    c = commands.add_parser(
        "import",
        help="make a model of a published .pth file",
        description="Read a generator that pix2pix, CycleGAN, CUT or FastCUT published as .pth; "
        "its architecture is recognised from the file.",
    )
    c.add_argument("file", metavar="FILE.pth")
    c.add_argument("-o", "--out", required=True, metavar="MODEL", help="a .safetensors file")
    c.add_argument(
        "--reverse-file", metavar="FILE.pth", help="CycleGAN's other direction, for both in one"
    )
    c.add_argument(
        "--test-time",
        choices=("paper", "eval"),
        default="paper",
        help="pix2pix: translate with dropout and the picture's own statistics (paper), or not",
    )
    c.add_argument("--half", action="store_true", help="store half precision: half the size")
    c.add_argument("--about", default="", help="a sentence to keep in the file")
    c.set_defaults(run=import_)

    c = commands.add_parser(
        "models",
        help="list the models at hand",
        description="List the shipped models and those in the given folders (default: here).",
    )
    c.add_argument("folders", nargs="*", metavar="FOLDER")
    c.add_argument("--json", action="store_true", help="print JSON")
    c.set_defaults(run=models)
