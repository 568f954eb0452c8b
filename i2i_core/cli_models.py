"""The commands about models: fit, translate, import, models, and evaluate for a model."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images import fit_long_side, open_image, save_picture, writable
from i2i_core.method import Method, Progress
from i2i_core.optim import DivergedError

SAVE_SECONDS = 300  # between two saves of a fit
LOG_SECONDS = 30  # between two lines, where there is no terminal to draw a bar on
PREVIEWED = 4  # pictures of each side


def fit(options: argparse.Namespace) -> None:
    from i2i_core import distributed
    from i2i_core.checkpoint import save, save_training, training_path
    from i2i_core.folders import open_domains

    out = _model_path(options.out)
    paired = options.method == "pix2pix"
    a, b = open_domains(
        options.a, options.b, ab=options.ab, paired=paired, reverse=options.direction == "BtoA"
    )
    _tell_partnerless(a, b)
    if options.preview_every < 1:
        raise InputError(f"--preview-every {options.preview_every}: choose 1 or more.")
    settings: dict[str, Any] = {}
    if options.pairs:
        if options.method not in ("cyclegan", "cut"):
            raise InputError("Pairs are mixed into unpaired collections: use cyclegan or cut.")
        turned = options.direction == "BtoA"
        settings["pairs"] = open_domains(*options.pairs, paired=True, reverse=turned)
    with distributed.processes() as device, Stop() as stop:
        method = _method_to_fit(options, out, device)
        first = distributed.rank() == 0
        preview = Preview(options.preview, a, b) if options.preview and first else None
        saved, note = time.monotonic(), ""

        def keep() -> None:
            if first and method.learnt:
                save(method, out, about=options.about)
                if method.fit_state is not None:
                    save_training(method, training_path(out))

        try:
            for progress in _shown(method.fit(a, b, **settings), quiet=not first):
                if progress.note != note and first:
                    note = progress.note
                    print(note, file=sys.stderr)
                if preview and (
                    progress.step % options.preview_every == 0 or progress.step == progress.total
                ):
                    preview.write(method, progress.step)
                if time.monotonic() - saved > SAVE_SECONDS:
                    keep()
                    saved = time.monotonic()
                if stop.asked:
                    raise KeyboardInterrupt
        except DivergedError:
            raise  # what was saved last is from before it went wrong
        except BaseException:
            keep()
            raise
        keep()
        if first:
            if method.fit_state is not None:
                _tell_skipped(method.fit_state.skipped)
            print(out)


class Stop:
    """Ctrl-C, or a cluster's signal to end, within this `with`: noted, so that the step at hand is
    finished before the fit stops; asked a second time, it stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():  # others get no signals
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def _method_to_fit(options: argparse.Namespace, out: Path, device: str) -> Method:
    from i2i_core.checkpoint import build, load_training, read_header, training_path
    from i2i_core.methods import METHODS

    if options.method not in METHODS:
        raise InputError(
            f'There is no method "{options.method}". Choose one of: {", ".join(METHODS)}.'
        )
    kind = METHODS[options.method]
    changes = _settings(kind.Config, options.set)
    if options.steps is not None:
        changes["steps"] = options.steps
    if options.resume:
        if not training_path(out).is_file():
            raise InputError(
                f"There is no {training_path(out).name} beside {out.name} to go on from: "
                "leave --resume away to start anew."
            )
        if not options.about:
            options.about = read_header(training_path(out)).get("about", "")
        method = load_training(training_path(out), device=device, **changes)
        if not isinstance(method, kind):
            raise InputError(f"{out.name} is no {options.method} model: name its own method.")
        return method
    for path in (out, training_path(out)):
        if path.exists():
            raise InputError(
                f"{path.name} exists already: --resume goes on with it, or name another file."
            )
    if options.preset not in kind.presets:
        raise InputError(
            f'{options.method} has no preset "{options.preset}". '
            f"Choose one of: {', '.join(kind.presets)}."
        )
    if options.seed is not None:
        changes["seed"] = options.seed
    return build(options.method, {**kind.presets[options.preset], **changes}).to(device)


def _settings(config: type, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE as the configuration's types; JSON where it is not plain text."""
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(config)}
    found: dict[str, Any] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or name not in kinds:
            raise InputError(f"--set {item}: write NAME=VALUE. Names: {', '.join(sorted(kinds))}.")
        try:
            value = text if kinds[name] is str else json.loads(text)
            if kinds[name] is not str:
                value = tuple(value) if kinds[name] is tuple else kinds[name](value)
        except (ValueError, TypeError):
            raise InputError(f"--set {item}: {name} is a {kinds[name].__name__}.") from None
        found[name] = value
    return found


class Preview:
    """A picture of what the model makes of the first pictures, written as the fit goes on."""

    SIDE = 256

    def __init__(self, folder: str, a: Sequence[Image.Image], b: Sequence[Image.Image]) -> None:
        from i2i_core.sampling import every

        self.folder = Path(folder)
        _make_folder(self.folder)
        self.sides = [
            [fit_long_side(picture, self.SIDE) for _, picture in zip(range(PREVIEWED), every(side))]  # noqa: B905
            for side in (a, b)
        ]

    def write(self, method: Method, step: int) -> Path:
        """Write step_….png: a row of originals above a row of translations, both ways if it can."""
        rows = [self.sides[0], [method.translate(picture) for picture in self.sides[0]]]
        if method.two_way:
            back = [method.translate(picture, reverse=True) for picture in self.sides[1]]
            rows += [self.sides[1], back]
        sheet = Image.new("RGB", (PREVIEWED * self.SIDE, len(rows) * self.SIDE), "white")
        for y, row in enumerate(rows):
            for x, picture in enumerate(row):
                sheet.paste(picture, (x * self.SIDE, y * self.SIDE))
        path = self.folder / f"step_{step:06}.png"
        save_picture(sheet, path)
        return path


def _shown(work: Iterator[Progress], quiet: bool = False) -> Iterator[Progress]:
    """Pass the records on, with a bar on a terminal, else a line now and then."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    said = time.monotonic()
    with tqdm(unit="step", disable=quiet or not terminal, smoothing=0.05) as bar:
        for progress in work:
            bar.total, bar.n = progress.total, progress.step
            text = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
            bar.set_postfix_str(text, refresh=False)
            bar.update(0)
            if not terminal and not quiet and time.monotonic() - said > LOG_SECONDS:
                said = time.monotonic()
                print(f"step {progress.step} of {progress.total}  {text}", file=sys.stderr)
            yield progress


def translate(options: argparse.Namespace) -> None:
    from i2i_core.checkpoint import load
    from i2i_core.device import best_device
    from i2i_core.folders import Folder
    from i2i_core.weights import locate

    method = load(locate(options.model), device=best_device())
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
        _make_folder(out)
    if options.reverse and not method.two_way:
        raise InputError("This model translates in one direction only: leave --reverse off.")
    skipped: dict[str, str] = {}
    written: set[Path] = set()
    sources = {file.resolve() for file in files}
    for file in _counted(files):
        try:
            source = open_image(file)
            if max(source.size) > options.size:
                source = fit_long_side(source, options.size)
                print(f"{file.name}: shrunk to {source.width} × {source.height}.", file=sys.stderr)
            picture = method.translate(source, reverse=options.reverse)
        except InputError as error:
            if len(files) == 1:
                raise
            skipped[file.name] = str(error)
            continue
        target = out if one else _free(out / f"{file.stem}.png", written, sources)
        save_picture(picture, target)
        written.add(target)
        print(target)
    _tell_skipped(skipped)
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
    from i2i_core.checkpoint import save
    from i2i_core.published import import_published

    out = _model_path(options.out)
    if out.exists():
        raise InputError(f"{out.name} exists already: name another file.")
    method = import_published(options.file, options.reverse_file, test_time=options.test_time)
    save(method, out, half=options.half, about=options.about)
    print(out)


def models(options: argparse.Namespace) -> None:
    from i2i_core.weights import find_models

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
    from i2i_core import model_evaluation
    from i2i_core.checkpoint import load
    from i2i_core.device import best_device
    from i2i_core.folders import open_domains
    from i2i_core.methods.pix2pix import Pix2Pix
    from i2i_core.weights import locate

    method = load(locate(options.result), device=best_device())
    paired = options.paired or options.ab is not None or isinstance(method, Pix2Pix)
    to_a = options.direction == "BtoA"
    sides = {"ab": options.ab, "paired": paired, "reverse": to_a}
    a, b = open_domains(options.a, options.b, part="test", **sides)
    train = open_domains(*options.train, paired=True, reverse=to_a) if options.train else None
    last = Progress(0, 1)
    work = model_evaluation.evaluate_model(
        method, a, b, paired=paired, reverse=options.reverse, limit=options.limit, train=train
    )
    for progress in _shown(work):
        last = progress
    if last.note:
        print(last.note, file=sys.stderr)
    return last.losses


def _tell_partnerless(*sides: Sequence[Image.Image]) -> None:
    from i2i_core.folders import Folder

    for side in sides:
        if isinstance(side, Folder) and side.partnerless:
            print(
                f"{len(side.partnerless)} of {side.path} have no partner of their name and are "
                f"left out, such as {side.partnerless[0]}.",
                file=sys.stderr,
            )


def _tell_skipped(skipped: Mapping[str, str]) -> None:
    if skipped:
        print(f"Left out: {len(skipped)}", file=sys.stderr)
        for name, reason in sorted(skipped.items()):
            print(f"  {name}: {reason}", file=sys.stderr)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be a folder: {error.strerror or error}.") from None


def _model_path(name: str) -> Path:
    path = Path(name)
    if path.suffix != ".safetensors":
        raise InputError(f"{path.name}: name the model's file with the ending .safetensors.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    return path


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
    c = commands.add_parser(
        "fit",
        help="learn a translation from pictures",
        description="Learn a translation from pictures of A to pictures of B. Ctrl-C stops and "
        "keeps what was learnt; --resume goes on.",
        epilog="Methods and presets: pix2pix (pairs; paper, laptop), cyclegan (two collections, "
        "both ways; paper, laptop), cut (two collections; paper, fastcut, laptop), sincut (one "
        "picture each; paper, laptop). On several GPUs: torchrun --nproc-per-node 4 -m i2i_core "
        "fit ...",
    )
    c.add_argument("method", metavar="METHOD", help="pix2pix, cyclegan, cut, sincut")
    c.add_argument("--a", metavar="DIR", help="pictures of A, or a folder with trainA and trainB")
    c.add_argument("--b", metavar="DIR", help="pictures of B")
    c.add_argument("--ab", metavar="DIR", help="pictures with A left and B right, in place of both")
    c.add_argument("--direction", choices=("AtoB", "BtoA"), default="AtoB")
    c.add_argument(
        "--pairs",
        nargs=2,
        metavar=("DIR_A", "DIR_B"),
        help="true pairs to mix into both sides unmarked (cyclegan, cut)",
    )
    c.add_argument("-o", "--out", required=True, metavar="MODEL", help="a .safetensors file")
    c.add_argument("--preset", default="paper", help='"paper" (default), "laptop", "fastcut"')
    c.add_argument("--steps", type=int, help="number of steps (default: the preset's)")
    c.add_argument("--seed", type=int, help="another number, another model")
    c.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting"
    )
    c.add_argument("--resume", action="store_true", help="go on with MODEL's stopped fit")
    c.add_argument("--preview", metavar="DIR", help="write translations there as the fit goes on")
    c.add_argument("--preview-every", type=int, default=500, metavar="STEPS")
    c.add_argument("--about", default="", help="a sentence to keep in the file")
    c.set_defaults(run=fit)

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
