"""The command fit: learn a translation, watch it, stop it, go on with it."""

from __future__ import annotations

import json
import signal
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import i2i_core as i2i
from i2i_core.cli import common
from i2i_core.cli.common import arg, opt
from i2i_core.errors import InputError, check_choice
from i2i_core.progress import Progress, Work

if TYPE_CHECKING:
    from i2i_core.method import Method

SAVE_S = 300  # seconds between two saves of a fit
PREVIEWED = 4  # pictures in a preview

FolderA = Annotated[Path | None, opt("pictures of A, or trainA and trainB (testA, testB) in it")]
FolderB = Annotated[Path | None, opt("pictures of B")]
FolderAB = Annotated[Path | None, opt("pictures with A left and B right, in place of both")]
Direction = Annotated[Literal["AtoB", "BtoA"], opt("which side becomes the other")]


def fit(
    name: Annotated[str, arg("METHOD", "how to learn it, see below")],
    out: common.Weights,
    a: FolderA = None,
    b: FolderB = None,
    ab: FolderAB = None,
    direction: Direction = "AtoB",
    pairs: Annotated[
        tuple[Path, Path] | None, opt("folders of true pairs to mix into both sides, unmarked")
    ] = None,
    preset: Annotated[str, opt("see below; several as laptop+fastcut")] = "paper",
    steps: Annotated[int | None, opt("number of steps (default: preset's)")] = None,
    seed: Annotated[int | None, opt("another number, another model")] = None,
    settings: Annotated[list[str] | None, opt("any other setting, NAME=VALUE", "--set")] = None,
    resume: Annotated[bool, opt("go on with the stopped fit of OUT", "--resume")] = False,
    start: Annotated[str | None, opt("a model: begin with what it has learnt")] = None,
    preview: Annotated[Path | None, opt("folder to write translations to on the way")] = None,
    preview_every: Annotated[int, opt("steps between two of these")] = 500,
    about: common.About = "",
    takes: Annotated[str, opt("what it takes, if not photographs: for the page's canvas")] = "",
    makes: Annotated[str, opt("what it makes, likewise")] = "",
) -> None:
    """Learn a translation from pictures.

    Learns from pictures of A to make pictures of B. Ctrl-C stops and keeps what was learnt;
    --resume goes on."""
    from i2i_core.checkpoints.checkpoint import check_writable
    from i2i_core.devices import distributed
    from i2i_core.finetuning.run import Destination, Pace, run_fit
    from i2i_core.methods import find_method

    check_writable(out)
    kind = find_method(name)
    header = {"about": about, "takes": takes, "makes": makes}
    for picture_kind in filter(None, (takes, makes)):
        check_choice("kind of picture", picture_kind, _picture_kinds())
    if preview_every < 1:
        raise InputError(f"--preview-every {preview_every}: choose 1 or more.")
    turned = direction == "BtoA"
    sides = i2i.open_domains(a, b, ab=ab, paired=kind.capabilities.needs_pairs, reverse=turned)
    common.say_partnerless(*sides)
    mixed = i2i.open_domains(*pairs, paired=True, reverse=turned) if pairs else None
    numbers = {"steps": steps, "seed": None if resume else seed}
    changes = parse_settings(kind.Config, settings or ())
    changes |= {word: number for word, number in numbers.items() if number is not None}
    with distributed.processes() as device, Stop() as stop:
        if resume:
            method, header = _resume(kind, out, device, changes, header)
        else:
            method = _start(kind, out, kind.preset_settings(*preset.split("+"), **changes), start)
        first = distributed.rank() == 0  # the others neither write nor say anything
        work = run_fit(
            method.to(device), *sides,
            Destination(out, **header, half=False, with_training=True) if first else None,
            pairs=mixed, stop=lambda: stop.asked, previewed=PREVIEWED,
            pace=Pace(record=0, preview_steps=preview_every if preview else 0, save=SAVE_S),
        )  # fmt: skip
        with closing(work):  # whatever happens, what was learnt is written
            if first:
                _watch(work, method, preview)
            else:
                deque(work, maxlen=0)
        if stop.asked:
            raise KeyboardInterrupt
        if first:
            common.say_skipped(method.fit_state.skipped if method.fit_state else {})
            print(out)


def _watch(work: Work, method: Method, preview: Path | None) -> None:
    """Run a fit, saying how it goes, and write its pictures into the folder `preview`."""
    from i2i_core.images import save_picture

    if preview is not None:
        common.make_folder(preview)
    last: Progress = Progress(0, 1)
    for number, last in enumerate(common.with_bar(work)):
        if number == 0 and method.fit_state is not None:
            common.say(method.fit_state.notes)
        if preview is not None and last.picture is not None:
            save_picture(last.picture, preview / f"step_{last.step:06}.png")
    common.say(last.note)


def methods() -> str:
    """The methods with what they learn from and their presets, and what else there is to choose."""
    table = "\n".join(
        f"  {name:22}{kind.title}; {kind.capabilities.task}; {', '.join(kind.presets)}"
        for name, kind in i2i.METHODS.items()
    )
    return (
        f"Methods, what they learn from, and their presets:\n\n\b\n{table}\n\n"
        f"--takes and --makes: {', '.join(_picture_kinds())}.\n\n"
        "On several GPUs: torchrun --nproc-per-node 4 -m i2i_core fit ..."
    )


def _picture_kinds() -> tuple[str, ...]:
    from i2i_core.labels.palettes import LABEL_SETS

    return ("sketch", *(f"labels:{name}" for name in LABEL_SETS))


def _resume(
    kind: type[Method], out: Path, device: str, changes: dict[str, Any], header: dict[str, str]
) -> tuple[Method, dict[str, str]]:
    """The method as its fit was stopped, and its header, what `header` says replaced."""
    from i2i_core.checkpoints.checkpoint import load_training, read_header, training_path

    path = training_path(out)
    if not path.is_file():
        missing = f"There is no {path.name} beside {out.name} to go on from"
        raise InputError(f"{missing}: leave --resume away to start anew.")
    method = load_training(path, device=device, **changes)
    if not isinstance(method, kind):
        raise InputError(f"{out.name} is no {kind.title} model: name its own method.")
    before = read_header(out) if out.is_file() else {}
    return method, {word: text or before.get(word, "") for word, text in header.items()}


def _start(kind: type[Method], out: Path, settings: dict[str, Any], model: str | None) -> Method:
    """The method with these settings, at its beginning or with what `model` has learnt."""
    from i2i_core.checkpoints.checkpoint import training_path
    from i2i_core.finetuning.starts import start_fit

    for path in (out, training_path(out)):
        if path.exists():
            choices = "--resume goes on with it, or name another file"
            raise InputError(f"{path.name} exists already: {choices}.")
    return start_fit(kind, settings, None if model is None else i2i.open_model(model))


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

    def _note(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def parse_settings(config: type, settings: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE as the configuration's types; JSON where it is not plain text."""
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(config)}
    values: dict[str, Any] = {}
    for item in settings:
        name, equals, text = item.partition("=")
        if not equals or name not in kinds:
            raise InputError(f"--set {item}: write NAME=VALUE. Names: {', '.join(sorted(kinds))}.")
        kind = kinds[name]
        try:
            value = text if kind is str else json.loads(text)
            values[name] = value if kind is str else kind(value)
        except (ValueError, TypeError):
            raise InputError(f"--set {item}: {name} is a {kind.__name__}.") from None
    return values
