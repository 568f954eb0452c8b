"""One moment of long work, as whoever shows or stops it sees it."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from PIL.Image import Image
from typing_extensions import TypeVar

Result = TypeVar("Result", covariant=True, default=Any)


@dataclass(frozen=True)
class Progress(Generic[Result]):
    """One moment of long work, in plain numbers and pictures: torch stays inside."""

    step: int  # that is done, of `total`, counting up
    total: int
    losses: Mapping[str, float] = field(default_factory=dict)  # a fit's, by name
    picture: Image | None = None  # so far, at whatever size it has by now
    note: str = ""  # what happens, in words
    result: Result | None = None  # besides the picture, as far as it is known: a dataclass


Work = Generator[Progress[Result], None, None]


def last_picture(work: Iterator[Progress]) -> Image:
    """Run `work` to its end and return the last picture it showed."""
    picture = None
    for progress in work:
        picture = progress.picture or picture
    if picture is None:
        raise RuntimeError("the work ended without a picture")
    return picture


def last_result(work: Iterator[Progress[Result]]) -> Result:
    """Run `work` to its end and return the last result it gave."""
    result = None
    for progress in work:
        result = progress.result if progress.result is not None else result
    if result is None:
        raise RuntimeError("the work ended without a result")
    return result
