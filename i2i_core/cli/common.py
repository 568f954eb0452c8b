"""What commands share: options, the bar, and what is said of files and folders."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.files import save_picture
from i2i_core.progress import Progress, Work

LOG_SECONDS = 30  # between two lines, where there is no terminal to draw a bar on


def shown(work: Iterator[Progress], quiet: bool = False) -> Iterator[Progress]:
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


def tell_partnerless(*sides: Sequence[Image.Image]) -> None:
    """Say how many files of paired folders were left out for want of a partner."""
    from i2i_core.data.folders import Folder

    for side in sides:
        if isinstance(side, Folder) and side.partnerless:
            print(
                f"{len(side.partnerless)} of {side.path} have no partner of their name and are "
                f"left out, such as {side.partnerless[0]}.",
                file=sys.stderr,
            )


def tell_skipped(skipped: Mapping[str, str]) -> None:
    """List the files that were left out, with the reasons."""
    if skipped:
        print(f"Left out: {len(skipped)}", file=sys.stderr)
        for name, reason in sorted(skipped.items()):
            print(f"  {name}: {reason}", file=sys.stderr)


def make_folder(folder: Path) -> None:
    """Make `folder` if it is not there; an InputError says why it cannot be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be a folder: {error.strerror or error}.") from None


def model_path(name: str) -> Path:
    """The path of a model to write; an InputError says why it cannot be written."""
    path = Path(name)
    if path.suffix != ".safetensors":
        raise InputError(f"{path.name}: name the model's file with the ending .safetensors.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    return path


def common(command: argparse.ArgumentParser, run: object, size: int) -> None:
    """Give `command` the options of those that make a picture, and what it runs."""
    command.add_argument("-o", "--out", required=True, metavar="OUT", help="file to write")
    command.add_argument("--seed", type=int, default=0, help="another number, another result")
    command.add_argument(
        "--size", type=int, default=size, help=f"longer side worked at, pixels (default {size})"
    )
    command.set_defaults(run=run)


def run_work(work: Work, out: Path) -> str:
    """Show progress, write the last picture; after an interrupt, write the last one there is.
    Returns what was said last."""
    from tqdm import tqdm

    picture: Image.Image | None = None
    note = ""
    try:
        with tqdm(total=1, unit="step", leave=False, disable=not sys.stderr.isatty()) as bar:
            for progress in work:
                bar.total, bar.n, note = progress.total, progress.step, progress.note
                bar.set_description(note)
                picture = progress.picture or picture
    finally:
        if picture is not None:
            save_and_print(picture, out)
    return note


def save_and_print(picture: Image.Image, out: Path) -> None:
    """Write a picture and print where."""
    save_picture(picture, out)
    print(out)
