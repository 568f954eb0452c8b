"""Progress: one moment of long work, for whoever shows or stops it."""

from collections import deque
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
    pictures = deque((progress.picture for progress in work if progress.picture), maxlen=1)
    if not pictures:
        raise RuntimeError("the work ended without a picture")
    return pictures[0]


def last_result(work: Iterator[Progress[Result]]) -> Result:
    """Run `work` to its end and return the last result it gave."""
    results = deque((step.result for step in work if step.result is not None), maxlen=1)
    if not results:
        raise RuntimeError("the work ended without a result")
    return results[0]
