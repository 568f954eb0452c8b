"""Fits of a swapping autoencoder for somebody who watches: one gallery, from a shipped model on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from i2i_core.checkpoints.checkpoint import build, continued
from i2i_core.devices import best_device
from i2i_core.errors import InputError, check_range
from i2i_core.finetuning.run import teach
from i2i_core.method import Work
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.pipelines.texture_codes import open_swapper
from i2i_core.pipelines.texture_statistics import survey

METHOD = "swapping_autoencoder"
SURVEYED = 60  # pictures whose codes tell the directions of a model that was taught


def teach_textures(
    pictures: Sequence[Image.Image],
    out: str | Path,
    *,
    steps: int = 600,
    start: str | Path | None = None,
    stop: str | Path | None = None,
    seconds: float = 600,
    about: str = "",
) -> Work:
    """Learn to swap the textures of `pictures`; records and file as `teaching.teach`'s, with
    pictures above their reconstructions and swaps. `steps` and `start` as `texture_learner`'s."""
    check_range("steps", steps, 1, 100_000)
    method = texture_learner(steps=steps, start=start)

    def finish() -> None:
        # With fewer than two readable pictures nothing is known of them; the model is kept.
        with suppress(InputError):
            survey(method, pictures, SURVEYED)

    yield from teach(
        method, pictures, pictures, out, stop=stop, seconds=seconds, about=about, finish=finish
    )


def texture_learner(
    *, steps: int, start: str | Path | None = None, seed: int = 0
) -> SwappingAutoencoder:
    """A swapping autoencoder that is to learn for so many `steps`; with `start`, going on from what
    that model has learnt. In the first half it only learns to return pictures, at four times the
    speed; in the second half, ever more slowly, its swaps are judged as well. Raises InputError for
    a model that has no discriminators to go on with."""
    settings: dict[str, Any] = {**SwappingAutoencoder.presets["laptop"]}
    known = None if start is None else open_swapper(start)
    if known is not None:
        if not known.extra_learnt:
            raise InputError(
                "This model comes without its judges, as published ones do, and may be far too "
                "large to teach here: go on with `python -m i2i_core fit` and --start."
            )
        settings = {**vars(known.config), "ema": 0.99}
    settings |= {"steps": steps, "seed": seed, "constant": 0.5, "warm_up": steps // 2}
    method = build(METHOD, settings)
    assert isinstance(method, SwappingAutoencoder)
    if known is not None:
        continued(method, known)
    return method.to(best_device())
