"""Pictures of more than 8 bits a channel brought to 8: one rule for each type."""

import numpy as np
from PIL import Image

from i2i_core.errors import InputError

DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
MAX_SAMPLE_VALUE = 281  # TIFF's tag for the value that is white
RINGING = 0.1  # what sharpening and resampling add beyond black and white, a share of white


def to_eight_bits(image: Image.Image, name: str = "The picture") -> Image.Image:
    """A grey `image` of 16 or 32 bits, or of floats, as L.

    - Integers: 65535 is white, or what a TIFF names as its largest value (MaxSampleValue).
    - Floats up to twice white are shares of white, above which they are clipped; others count to
      255, or to 65535. Those from -1 to 1 that go below 0 by more than ringing does are a
      network's: -1 is black, 0 middle grey and 1 white.
    - NaN is black.

    Raises InputError for other negative values and for ones beyond these ranges: what is black and
    what is white in them, only their owner knows."""
    values = np.asarray(image).astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    tags = getattr(image, "tag_v2", {})
    if image.mode == "F":
        black, white = _float_range(low, high)
    else:
        black, white = 0.0, _stated_white(tags.get(MAX_SAMPLE_VALUE)) or 65535.0
    if low < black - RINGING * (white - black) or (image.mode != "F" and low < 0):
        advice = "Shift and scale them so that 0 is black and 65535 white"
        raise InputError(f"{name} holds negative values, down to {low:g}. {advice}, in 16 bits.")
    if high > 65535 * (1 + RINGING):
        advice = "Scale them so that 65535 is white, and save it with 16 bits."
        raise InputError(f"{name} holds values up to {high:g}. {advice}")
    shares = (np.nan_to_num(values, nan=black, posinf=white, neginf=black) - black) / (
        white - black
    )
    return Image.fromarray((shares.clip(0, 1) * 255).round().astype(np.uint8))


def _float_range(low: float, high: float) -> tuple[float, float]:
    """What is black and what white in floats from `low` to `high`."""
    if high <= 1 + RINGING and -1 - RINGING <= low < -RINGING:
        return -1.0, 1.0
    return 0.0, next((top for top in (1.0, 255.0) if high <= top * _tolerance(top)), 65535.0)


def _tolerance(top: float) -> float:
    return 2.0 if top == 1 else 1 + RINGING


def _stated_white(value: object) -> float | None:
    """TIFF's tag, which is one number or one a channel."""
    first = value[0] if isinstance(value, tuple) and value else value
    return float(first) if isinstance(first, int) and 255 < first <= 65535 else None
