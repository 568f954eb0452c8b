"""The editor's operations for somebody who watches: each is one record with the edited picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from i2i_core.errors import InputError
from i2i_core.pipelines import texture_edits as edits
from i2i_core.pipelines.texture_codes import encode, save_codes
from i2i_core.pipelines.texture_edits import Edited, Mask
from i2i_core.progress import Progress, Work

COLOURS = "colours"  # name of the extra: the structure code as a picture
Point = tuple[float, float]  # x and y, shares of the picture's sides


def opened(picture: Image.Image, model: str | Path) -> Work:
    """`picture` in the editor, unedited."""
    yield _record(edits.begin(picture, model), model)


def previewed(
    before: Edited,
    model: str | Path,
    whole: Sequence[float],
    mask: Mask | None = None,
    region: Sequence[float] = (),
    keep: float = 1.0,
) -> Work:
    """The texture moved by `whole`, and inside the `mask` the structure by `region`: amounts of
    standard deviations along the principal directions. `keep` as in `texture_edits.edit`."""
    after, whole, region = before, _used(whole), _used(region)
    if whole:
        after = edits.edit(after, edits.moved(after.codes, model, whole), model, keep=keep)
    if region:
        if mask is None:
            raise InputError("Choose a region first: click the picture, or paint it.")
        codes = edits.reshaped(after.codes, model, mask, region)
        after = edits.edit(after, codes, model, mask, keep)
    yield _record(after, model)


def cloned(
    before: Edited,
    model: str | Path,
    mask: Mask,
    point: Point,
    source: Image.Image | None = None,
) -> Work:
    """The structure around `point` of the `source` picture (without one, of this one), painted
    into the `mask`, whose middle is where `point` comes to."""
    if not mask.any():
        raise InputError("Paint first where to clone to.")
    codes = before.codes if source is None else encode(source, model, min(before.codes.size))
    start = edits.middle(before.codes, mask)
    changed = edits.cloned(before.codes, mask, codes, point, start)
    # What is cloned was not there: there is no detail of the picture's own to keep.
    yield _record(edits.edit(before, changed, model, mask, keep=0), model)


def added(
    before: Edited,
    model: str | Path,
    plus: Sequence[Image.Image],
    minus: Sequence[Image.Image],
    gain: float = 1.0,
    keep: float = 1.0,
) -> Work:
    """The texture plus `gain` times what the pictures `plus` have and those of `minus` lack."""
    codes = edits.arithmetic(before.codes, model, plus, minus, gain)
    yield _record(edits.edit(before, codes, model, keep=keep), model)


def named(model: str | Path) -> Work:
    """What the model's directions are called, as `found`."""
    yield Progress(1, 1, found=edits.direction_names(model))


def edited(picture: Image.Image, model: str | Path, direction: int, amount: float) -> Work:
    """`picture` with its texture moved by `amount` standard deviations along the principal
    `direction` (1 is the widest). Raises InputError for a direction that there is not."""
    names = edits.direction_names(model)
    if not 1 <= direction <= len(names):
        known = f"choose one from 1 to {len(names)}." if names else "this model knows none."
        raise InputError(f"There is no direction {direction}: {known}")
    amounts = [0.0] * (direction - 1) + [amount]
    yield from previewed(edits.begin(picture, model), model, amounts)


def encoded(picture: Image.Image, model: str | Path, out: str | Path) -> Work:
    """The codes of `picture`, written to the file `out` (see `texture_codes.save_codes`)."""
    codes = encode(picture, model)
    save_codes(codes, out)
    yield Progress(1, 1, found=codes, note=f"Structure {codes.structure.shape}")


def _used(amounts: Sequence[float]) -> list[float]:
    """Amounts without the zeros at their end: a model may have fewer directions than sliders."""
    last = max((n for n, amount in enumerate(amounts, 1) if amount), default=0)
    return list(amounts[:last])


def _record(edited: Edited, model: str | Path) -> Progress:
    extras = {COLOURS: edits.structure_colours(edited.codes, model)}
    return Progress(1, 1, picture=edited.picture, extras=extras, found=edited)
