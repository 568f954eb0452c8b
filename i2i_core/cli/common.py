"""What commands share: options, the bar, and what is said of files and folders."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from i2i_core.errors import InputError
from i2i_core.progress import Result, Work

if TYPE_CHECKING:
    from PIL import Image

LOG_S = 30  # seconds between two lines, where there is no terminal to draw a bar on
WEIGHTS_ENDING = ".safetensors"

Out = Annotated[Path, typer.Option("-o", "--out", help="file to write")]
WeightsOut = Annotated[Path, typer.Option("-o", "--out", help="a .safetensors file to write")]
Seed = Annotated[int, typer.Option(help="another number, another result")]
LongSide = Annotated[int, typer.Option("--long-side", "--size", help="pixels worked at")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
About = Annotated[str, typer.Option(help="a sentence to keep in the file", show_default=False)]


def with_epilog(epilog: Callable[[], str]) -> type[TyperCommand]:
    """A kind of command whose help ends with what `epilog` says, which is called for that only: it
    may import what is slow to import."""

    class Command(TyperCommand):
        def format_epilog(self, ctx: Any, formatter: Any) -> None:
            self.epilog = epilog()
            super().format_epilog(ctx, formatter)

    return Command


def with_bar(work: Work[Result], quiet: bool = False) -> Work[Result]:
    """Pass the records on, with a bar on a terminal, else a line now and then."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    logged = time.monotonic()
    with tqdm(unit="step", disable=quiet or not terminal, smoothing=0.05) as bar:
        for progress in work:
            bar.total, bar.n = progress.total, progress.step
            text = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
            bar.set_postfix_str(text, refresh=False)
            bar.update(0)
            if not terminal and not quiet and time.monotonic() - logged > LOG_S:
                logged = time.monotonic()
                say(f"step {progress.step} of {progress.total}  {text}")
            yield progress


def say(text: str) -> None:
    """Print what is no result, to standard error."""
    if text:
        print(text, file=sys.stderr)


def say_partnerless(*sides: Sequence[Image.Image]) -> None:
    """Say how many files of paired folders were left out for want of a partner."""
    from i2i_core.data.folders import Folder

    for side in sides:
        if isinstance(side, Folder) and side.partnerless:
            say(
                f"{len(side.partnerless)} of {side.path} have no partner of their name and are "
                f"left out, such as {side.partnerless[0]}."
            )


def say_skipped(skipped: Mapping[str, str]) -> None:
    """List the files that were left out, with the reasons."""
    if skipped:
        say(f"Left out: {len(skipped)}")
        for name, reason in sorted(skipped.items()):
            say(f"  {name}: {reason}")


def make_folder(folder: Path) -> None:
    """Make `folder` if it is not there; an InputError says why it cannot be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be a folder: {error.strerror or error}.") from None


def check_weights_path(path: Path) -> None:
    """Raise InputError when no .safetensors file can be written to `path`."""
    if path.suffix != WEIGHTS_ENDING:
        raise InputError(f"{path.name}: name a file with the ending {WEIGHTS_ENDING}.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")


def write_picture(work: Work, out: Path) -> str:
    """Show progress, write the last picture; after an interrupt, write the last one there is.
    Returns the last note."""
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
    from i2i_core.images import save_picture

    save_picture(picture, out)
    print(out)
