"""What a fit makes of a few pictures, as one sheet."""

from collections.abc import Sequence

from PIL import Image

from i2i_core.data.batches import Pictures
from i2i_core.errors import InputError
from i2i_core.images.sizes import fit_short_side
from i2i_core.method import Method

Sample = Pictures  # a picture of A, and of pairs its partner


def preview(method: Method, samples: Sequence[Sample]) -> Image.Image:
    """A sheet of `samples`, a column each: a picture of A, what the method makes of it (of a pair
    in the partner's colours, if it can), what that becomes on the way back (two-way methods), the
    picture with the texture of the next sample (methods of textures), and the partner."""
    can = method.capabilities
    columns = []
    for number, (source, *partner) in enumerate(samples):
        column = [source, method.translate(source, *partner)]
        if can.two_way:
            column.append(method.translate(column[-1], reverse=True))
        if can.task == "textures":
            column.append(method.translate(source, samples[(number + 1) % len(samples)][0]))
        columns.append([*column, *partner])
    width, height = (max(side) for side in zip(*(c[0].size for c in columns), strict=True))
    sheet = Image.new("RGB", (len(columns) * width, len(columns[0]) * height), "white")
    for x, column in enumerate(columns):
        for y, picture in enumerate(column):
            sheet.paste(picture, (x * width, y * height))
    return sheet


def choose_samples(method: Method, a: Pictures, b: Pictures, count: int = 3) -> list[Sample]:
    """A few pictures spread over A, as large as is learnt from; of pairs, with their partners.
    Raises InputError when none can be read."""
    paired = method.capabilities.needs_pairs
    # Collections are learnt from by crops, the others' pictures nearly whole.
    crops = method.fit_state is not None and not paired
    side = method.config.load_size if crops else method.capabilities.working_size or 256
    spread = range(0, len(a), max(1, len(a) // count))
    samples: list[Sample] = []
    for index in [*spread, *(i for i in range(len(a)) if i not in spread)]:
        try:
            source = fit_short_side(a[index].convert("RGB"), side)
            partners = [b[index].convert("RGB").resize(source.size)] if paired else []
        except (InputError, IndexError):
            continue  # the fit leaves it out as well, and says so
        samples.append([source, *partners])
        if len(samples) == count:
            break
    if not samples:
        raise InputError("None of these pictures can be read. Give PNG or JPEG files.")
    return samples
