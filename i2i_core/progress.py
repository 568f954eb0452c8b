"""One moment of long work, as whoever shows or stops it sees it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from PIL.Image import Image


@dataclass(frozen=True)
class Progress:
    """One moment of long work, in plain numbers and pictures: torch stays inside.

    `step` of `total` is done; `losses` are named numbers; `picture` is the result so far, at
    whatever size it has by now; `note` says in words what happens; `extras` are further pictures
    worth showing, by name; `found` is what else the work is about, for a next one.
    """

    step: int
    total: int
    losses: Mapping[str, float] = field(default_factory=dict)
    picture: Image | None = None
    note: str = ""
    extras: Mapping[str, Image] = field(default_factory=dict)
    found: object = None


Work = Generator[Progress, None, None]


def last_picture(work: Work) -> Image:
    """Run `work` to its end and return the last picture it showed."""
    picture = None
    for progress in work:
        picture = progress.picture or picture
    if picture is None:
        raise RuntimeError("the work ended without a picture")
    return picture
