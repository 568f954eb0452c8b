"""The starter pictures: eight scenes (nine pictures) drawn by code, so nobody's photograph is kept.

`draw("lake")` gives a `Scene`; `python -m examples.scenes OUT_DIR` writes them all as PNG files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from PIL import Image

from i2i_core.errors import InputError

Colours = tuple[tuple[int, int, int], ...]

# Scene -> the module of this package that draws it, with a function of the scene's own name.
_MODULES = {
    "lake": "lake",
    "pebbles": "stones",
    "oranges": "oranges",
    "bowls": "bowls",
    "letter": "letters",
    "letter_plain": "letters",
    "mosaic": "ground",
    "cracked": "ground",
    "fields": "fields",
}
NAMES: tuple[str, ...] = tuple(_MODULES)


@dataclass(frozen=True)
class Scene:
    """A drawn picture with, where the scene has parts worth naming, its label map.

    picture: RGB, square. labels: RGB of the same size in exact flat colours, no smoothing, or
    None; label_colours[k] is the colour of the part called label_names[k].
    """

    name: str
    picture: Image.Image
    labels: Image.Image | None
    label_names: tuple[str, ...]
    label_colours: Colours


def draw(name: str, size: int = 512, seed: int = 0) -> Scene:
    """Draw the scene `name` (one of NAMES), `size` pixels square (at least 64).

    The same name, size and seed give the same picture; another size or seed gives another take
    of it. ("letter_plain" is the same for every seed.)
    Raises InputError for an unknown name or a size below 64.
    """
    if name not in _MODULES:
        raise InputError(f"There is no scene called {name!r}. Choose one of: {', '.join(NAMES)}.")
    if size < 64:
        raise InputError(f"A scene of {size} pixels is too small to show. Ask for 64 or more.")
    module = import_module(f"{__name__}.{_MODULES[name]}")
    paint: Callable[..., Image.Image | tuple[Image.Image, Image.Image]] = getattr(module, name)
    drawn = paint(size, np.random.default_rng(seed))
    if isinstance(drawn, tuple):
        return Scene(name, *drawn, module.LABELS, module.COLOURS)
    return Scene(name, drawn, None, (), ())
