"""Pictures too large for memory, translated in overlapping tiles that show no seams."""

from collections.abc import Callable, Iterator

import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.networks.layers import SharedStatistics

Network = Callable[[Tensor], Tensor]
LARGEST = 1200 * 1200  # pixels that are translated at once: 1.7 GB with a generator of width 24
TILE = 1024  # pixels a side that a tile adds to the picture
THUMBNAIL = 640  # pixels a side of the picture that gives the statistics, if it were square
GRID = 32  # pixels: tiles that start elsewhere would be halved and averaged at other places


def in_tiles(
    network: Network, x: Tensor, reach: int, tile: int = TILE, thumbnail: int = THUMBNAIL
) -> Iterator[tuple[int, int, Tensor]]:
    """Translate `x` (1, C, H, W), sides multiples of 4, tile by tile; yields tiles done, tiles in
    all, and the result so far, at first the enlarged translation of a thumbnail of `thumbnail`²
    pixels, whose statistics all tiles' norms take: so no tile depends on how the picture was cut.
    Tiles overlap by `reach`, the pixels over which the input changes the result."""
    height, width = x.shape[-2:]
    shared = SharedStatistics()
    scale = min(1.0, (thumbnail * thumbnail / (height * width)) ** 0.5)
    small = [max(GRID, round(side * scale / GRID) * GRID) for side in (height, width)]
    with shared:
        result = resize(network(resize(x, (small[0], small[1]))), (height, width))
    margin = -(-reach // GRID) * GRID
    corners = [(top, left) for top in range(0, height, tile) for left in range(0, width, tile)]
    yield 0, len(corners), result
    for done, (top, left) in enumerate(corners, start=1):
        above, before = min(margin, top), min(margin, left)
        part = x[..., top - above : top + tile + margin, left - before : left + tile + margin]
        with shared:
            translation = network(part)[..., above : above + tile, before : before + tile]
        result[..., top : top + tile, left : left + tile] = translation
        yield done, len(corners), result


def beyond_borders(network: Network, x: Tensor, margin: int) -> Tensor:
    """The translation of `x` (N, C, H, W), mirrored by `margin` pixels beyond its borders for it:
    convolutions padded with zeros would paint a frame around the picture."""
    if not margin or min(x.shape[-2:]) <= margin:
        return network(x)
    return network(F.pad(x, (margin,) * 4, mode="reflect"))[..., margin:-margin, margin:-margin]


def fits(x: Tensor) -> bool:
    """Whether a picture (N, C, H, W) is small enough to be translated at once."""
    return bool(x.shape[-2] * x.shape[-1] <= LARGEST)
