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


def arg(name: str, help: str = "") -> Any:
    """An argument, called `name` in the help."""
    return typer.Argument(metavar=name, help=help)


def opt(help: str, *names: str) -> Any:
    """An option; without `names` it is called as its parameter."""
    return typer.Option(*names, help=help)


Out = Annotated[Path, opt("file to write", "-o", "--out")]
Weights = Annotated[Path, opt("a .safetensors file to write", "-o", "--out")]
Seed = Annotated[int, opt("another number, another result")]
LongSide = Annotated[int, opt("pixels worked at", "--long-side", "--size")]
AsJson = Annotated[bool, opt("print JSON", "--json")]
About = Annotated[str, opt("a sentence to keep in the file")]
Reverse = Annotated[bool, opt("from B to A, if the model can", "--reverse")]


def with_epilog(epilog: Callable[[], str]) -> type[TyperCommand]:
    """A kind of command whose help ends with `epilog()`, called only then: it may be slow."""

    class Command(TyperCommand):
        def format_epilog(self, ctx: Any, formatter: Any) -> None:
            self.epilog = epilog()
            super().format_epilog(ctx, formatter)

    return Command


def with_bar(work: Work[Result], log: bool = True) -> Work[Result]:
    """Pass the records on, with a bar on a terminal, else, to `log`, a line now and then."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    logged = time.monotonic()
    with tqdm(unit="step", disable=not terminal, smoothing=0.05, leave=log) as bar:
        for progress in work:
            bar.total, bar.n = progress.total, progress.step
            text = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
            bar.set_postfix_str(text or progress.note, refresh=False)
            bar.update(0)
            if log and not terminal and time.monotonic() - logged > LOG_S:
                logged = time.monotonic()
                say(f"step {progress.step} of {progress.total}  {text}")
            yield progress


def write_picture(work: Work, out: Path) -> str:
    """Run `work`; its last picture goes to `out`, even if interrupted. Returns the last note."""
    from i2i_core.images import writable

    path, picture, note = writable(out), None, ""
    try:
        for progress in with_bar(work, log=False):
            picture, note = progress.picture or picture, progress.note
    finally:
        if picture is not None:
            save_and_print(picture, path)
    return note


def save_and_print(picture: Image.Image, out: Path) -> None:
    """Write a picture and print where."""
    from i2i_core.images import save_picture

    save_picture(picture, out)
    print(out)


def say(text: str) -> None:
    """Print what is no result, to standard error."""
    if text:
        print(text, file=sys.stderr)


def say_partnerless(*sides: Sequence[Image.Image]) -> None:
    """Say how many files of paired folders were left out for want of a partner."""
    from i2i_core.data.folders import Folder

    for side in sides:
        if isinstance(side, Folder) and side.partnerless:
            odd = f"{len(side.partnerless)} of {side.path} have no partner of their name"
            say(f"{odd} and are left out, such as {side.partnerless[0]}.")


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
