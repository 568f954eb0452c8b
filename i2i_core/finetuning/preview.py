"""What a fit makes of a few pictures, as one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.sizes import fit_short_side
from i2i_core.method import Method
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder

PREVIEWED = 3  # pairs in a preview


def preview(method: Method, samples: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """A sheet of `samples`, a column each: a picture of A, what the method makes of it, for two-way
    methods what that becomes on the way back, and for pairs its partner, in whose colours it is
    made if the method can choose them; a swapping autoencoder also gives each the texture of the
    next."""
    columns = []
    for number, (source, *partner) in enumerate(samples):
        made = method.translate(source, *partner)
        further = [method.translate(made, reverse=True)] if method.two_way else []
        if isinstance(method, SwappingAutoencoder):
            further = [method.translate(source, samples[(number + 1) % len(samples)][0])]
        columns.append([source, made, *further, *partner])
    width = max(column[0].width for column in columns)
    height = max(column[0].height for column in columns)
    sheet = Image.new("RGB", (len(columns) * width, len(columns[0]) * height), "white")
    for x, column in enumerate(columns):
        for y, picture in enumerate(column):
            sheet.paste(picture, (x * width, y * height))
    return sheet


def _samples(
    method: Method, a: Sequence[Image.Image], b: Sequence[Image.Image]
) -> list[list[Image.Image]]:
    """A few pictures of A spread over the side; of pairs, with their partners."""
    found: list[list[Image.Image]] = []
    # Collections are learnt from by crops, pairs nearly whole.
    side = int(
        getattr(getattr(method, "config", None), "size" if method.paired else "load_size", 256)
    )
    spread = range(0, len(a), max(1, len(a) // PREVIEWED))
    for index in [*spread, *(i for i in range(len(a)) if i not in spread)]:
        try:
            sample = [fit_short_side(a[index].convert("RGB"), side)]
            if method.paired and index < len(b):
                sample.append(b[index].convert("RGB").resize(sample[0].size))
        except InputError:
            continue  # the fit leaves it out as well, and says so
        found.append(sample)
        if len(found) == PREVIEWED:
            break
    if not found:
        raise InputError("None of these pictures can be read. Give PNG or JPEG files.")
    return found
