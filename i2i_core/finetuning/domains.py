"""Fits of domains for somebody who watches: two small collections, or one picture each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from i2i_core.checkpoints.checkpoint import build, continued
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.devices import best_device
from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.finetuning.run import teach
from i2i_core.images.files import check_image
from i2i_core.method import Method, Work
from i2i_core.methods import METHODS

Pictures = Sequence[Image.Image]

# What a visitor chooses, the method that it is, and how that differs from its preset "laptop".
KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "CUT": ("cut", {}),
    "FastCUT": (
        "cut",
        {"nce_weight": 10.0, "nce_identity": False, "flip_equivariance": True, "constant": 0.75},
    ),
    "CycleGAN": ("cyclegan", {}),
}
ZOOM = 2.0  # the shorter side of a picture, in crops
ONE_SIDE = 256  # pixels of the shorter side that one picture each is learnt at


def teach_domains(
    a: Pictures,
    b: Pictures,
    out: str | Path,
    *,
    kind: str = "CUT",
    steps: int = 1500,
    start: str | Path | None = None,
    pairs: tuple[Pictures, Pictures] | None = None,
    stop: str | Path | None = None,
    seconds: float = 600,
    about: str = "",
) -> Work:
    """Learn to make pictures like `b` out of pictures like `a` (CycleGAN: and back) by one of
    KINDS; records and file as `teaching.teach`'s. `start`, `steps` as `domain_learner`'s. `pairs`:
    pictures of which the visitor knows that they belong together, mixed in as implicit pairs."""
    check_range("steps", steps, 1, 100_000)
    method = domain_learner(kind, steps=steps, start=start)
    further: dict[str, Any] = {} if pairs is None else {"pairs": pairs}
    yield from teach(method, a, b, out, stop=stop, seconds=seconds, about=about, **further)


def domain_learner(
    kind: str, *, steps: int, size: int = 128, start: str | Path | None = None, seed: int = 0
) -> Method:
    """A method that is to learn two domains for so many `steps` from crops of `size` pixels; with
    `start`, going on from what that model has learnt. Raises InputError for a model that it cannot
    go on from."""
    check_choice("kind", kind, tuple(KINDS))
    name, changes = KINDS[kind]
    settings: dict[str, Any] = {**METHODS[name].presets["laptop"], **changes}
    settings |= {"size": size, "load_size": round(ZOOM * size), "steps": steps, "seed": seed}
    if start is None:
        return build(name, settings).to(best_device())
    known = open_model(start)
    if type(known) is not METHODS[name] or not can_go_on(known):
        raise InputError(
            f"{kind} cannot go on from this model: choose one that was made by "
            f"{METHODS[name].__name__}, in both directions if it has two, or start from nothing."
        )
    own = {key: settings[key] for key in ("size", "load_size", "steps", "seed", "ema")}
    method = build(name, {**vars(known.config), **own, **changes})
    continued(method, known)
    return method.to(best_device())


def can_go_on(method: Method) -> bool:
    """Whether a fit of domains can go on from it: published generators of one direction cannot."""
    return bool(getattr(method.config, "both", True))


def teach_from_one(
    a: Image.Image,
    b: Image.Image,
    out: str | Path,
    *,
    steps: int = 1200,
    stop: str | Path | None = None,
    seconds: float = 600,
    about: str = "",
) -> Work:
    """Learn from one picture each to make `a` look like `b`, by SinCUT; records and file as
    `teaching.teach`'s, with a preview as large as is learnt from."""
    check_range("steps", steps, 1, 100_000)
    settings = {**METHODS["sincut"].presets["laptop"], "steps": steps, "load_size": ONE_SIDE}
    method = build("sincut", settings).to(best_device())
    sides = [check_image(picture, name) for picture, name in ((a, "Picture 1"), (b, "Picture 2"))]
    yield from teach(
        method, sides[:1], sides[1:], out,
        stop=stop, seconds=seconds, preview_seconds=10, about=about,
    )  # fmt: skip
