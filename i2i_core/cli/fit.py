"""The command fit: learn a translation, watch it, stop it, go on with it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from PIL import Image

from i2i_core.cli.common import make_folder, model_path, shown, tell_partnerless, tell_skipped
from i2i_core.errors import InputError
from i2i_core.images.files import save_picture
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.method import Method
from i2i_core.training.optim import DivergedError

SAVE_SECONDS = 300  # between two saves of a fit
PREVIEWED = 4  # pictures of each side


def fit(options: argparse.Namespace) -> None:
    from i2i_core.checkpoints.checkpoint import save, save_training, training_path
    from i2i_core.data.folders import open_domains
    from i2i_core.devices import distributed
    from i2i_core.methods import METHODS

    out = model_path(options.out)
    paired = options.method in METHODS and METHODS[options.method].paired
    a, b = open_domains(
        options.a, options.b, ab=options.ab, paired=paired, reverse=options.direction == "BtoA"
    )
    tell_partnerless(a, b)
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

        def keep(last: bool = True) -> None:
            if first and method.fitted:
                if last:
                    _survey(method, a)
                save(method, out, about=options.about, takes=options.takes, makes=options.makes)
                if method.fit_state is not None:
                    save_training(method, training_path(out))

        try:
            for progress in shown(method.fit(a, b, **settings), quiet=not first):
                if progress.note != note and first:
                    note = progress.note
                    print(note, file=sys.stderr)
                if preview and (
                    progress.step % options.preview_every == 0 or progress.step == progress.total
                ):
                    preview.write(method, progress.step)
                if time.monotonic() - saved > SAVE_SECONDS:
                    keep(last=False)
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
                tell_skipped(method.fit_state.skipped)
            print(out)


def _survey(method: Method, pictures: Sequence[Image.Image]) -> None:
    """A swapping autoencoder's file also says what its pictures are like."""
    from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
    from i2i_core.pipelines.texture_statistics import fit_statistics

    if isinstance(method, SwappingAutoencoder):
        try:
            fit_statistics(method, pictures)
        except InputError as few:
            print(f"Nothing is known of its collection. {few}", file=sys.stderr)


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
    from i2i_core.checkpoints.checkpoint import build, load_training, read_header, training_path
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
        kept = read_header(out) if out.is_file() else {}
        for name in ("about", "takes", "makes"):
            if not getattr(options, name):
                setattr(options, name, kept.get(name, ""))
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
    method = build(options.method, {**kind.presets[options.preset], **changes})
    if options.start:
        _begin_with(method, options.start)
    return method.to(device)


def _begin_with(method: Method, start: str) -> None:
    from i2i_core.checkpoints.checkpoint import continued, load
    from i2i_core.checkpoints.model_zoo import resolve

    path = resolve(start)
    known = load(path)
    try:
        if type(known) is not type(method):
            raise RuntimeError
        continued(method, known)
    except RuntimeError:
        raise InputError(
            f"{path.name} cannot be begun with: it is of another method, or its networks are of "
            "other sizes. Give the preset and the --set that it was made with."
        ) from None


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
        from i2i_core.data.folders import readable

        self.folder = Path(folder)
        make_folder(self.folder)
        self.sides = [
            [
                fit_long_side(picture, self.SIDE)
                for _, picture in zip(range(PREVIEWED), readable(side))
            ]
            for side in (a, b)
        ]

    def write(self, method: Method, step: int) -> Path:
        """Write step_….png: a row of originals above a row of translations, both ways if it can;
        of a swapping autoencoder above reconstructions, and swaps with the next one's texture."""
        from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder

        first = self.sides[0]
        rows = [first, [method.translate(picture) for picture in first]]
        if isinstance(method, SwappingAutoencoder):
            turned = [*first[1:], *first[:1]]
            rows.append([method.translate(*pair) for pair in zip(first, turned, strict=True)])
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


def add_fit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parser of fit."""
    c = commands.add_parser(
        "fit",
        help="learn a translation from pictures",
        description="Learn a translation from pictures of A to pictures of B. Ctrl-C stops and "
        "keeps what was learnt; --resume goes on.",
        epilog="Methods and presets: pix2pix (pairs; paper, laptop), pix2pixhd (pairs; paper, "
        "laptop), cyclegan (two collections, "
        "both ways; paper, laptop), cut (two collections; paper, fastcut, laptop), sincut (one "
        "picture each; paper, laptop), swapping_autoencoder (one collection, given twice; paper, "
        "laptop). On several GPUs: torchrun --nproc-per-node 4 -m i2i_core "
        "fit ...",
    )
    c.add_argument("method", metavar="METHOD", help="pix2pix, pix2pixhd, cyclegan, cut, ...")
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
    c.add_argument("--start", metavar="MODEL", help="begin with what this model has learnt")
    c.add_argument("--preview", metavar="DIR", help="write translations there as the fit goes on")
    c.add_argument("--preview-every", type=int, default=500, metavar="STEPS")
    c.add_argument("--about", default="", help="a sentence to keep in the file")
    for side in ("takes", "makes"):
        c.add_argument(
            f"--{side}",
            default="",
            choices=("", "sketch", *(f"labels:{name}" for name in LABEL_SETS)),
            help=f"what the model {side}, if not photographs: the page then offers a canvas for it",
        )
    c.set_defaults(run=fit)
