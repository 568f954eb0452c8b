"""Texture swap for any two pictures, without a trained model: recoloured at once, re-made of
patches in seconds."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from PIL import Image

from i2i_core.devices import best_device
from i2i_core.images.sizes import fit_long_side, fit_short_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.patches.matched_regions import RegionPair, matched_regions
from i2i_core.patches.metrics import matched_wasserstein, self_similarity
from i2i_core.patches.recolouring import recolour
from i2i_core.patches.remaking import remake, remake_settings
from i2i_core.patches.semantic_guides import semantic_features
from i2i_core.patches.synthesis import count_levels
from i2i_core.pipelines.domain_transfer import blend
from i2i_core.progress import Progress, Work

RECOLOURED = 0.5  # the strength at which the picture is recoloured, and nothing else
LONG_SIDE = 256  # pixels, by default
SEEN_SIDE = 96  # pixels of the longer side at which two swaps are compared


class InstantSwap:
    """Two checked pictures, and the structure picture in the texture picture's colours, all with a
    longer side of `long_side` pixels."""

    def __init__(
        self, structure: Image.Image, texture: Image.Image, long_side: int = LONG_SIDE
    ) -> None:
        device = best_device()
        self.source = fit_long_side(structure, long_side)
        self.structure = to_tensor(self.source).to(device)
        self.texture = to_tensor(fit_long_side(texture, long_side)).to(device)
        self.long_side = long_side
        self.features = semantic_features(self.structure), semantic_features(self.texture)
        self.colours = recolour(self.structure, self.texture, matched_regions(*self.features))
        self.recoloured = to_image(self.colours)

    def gentle(self, strength: float) -> Image.Image:
        """The recoloured picture; of a `strength` below RECOLOURED, on the way to it."""
        return blend(self.source, self.recoloured, min(1.0, strength / RECOLOURED))

    def remade(self, strength: float, seed: int, note: str) -> Work:
        """Beyond RECOLOURED, on the way to the re-made picture, which is that of 1 and above. Only
        the last record has a picture: those before are coarser than the recoloured one."""
        target, source = ((x.shape[-2], x.shape[-1]) for x in (self.structure, self.texture))
        total = count_levels(target, source, remake_settings(self.long_side, seed))
        for level in remake(self.structure, self.texture, self.colours, seed):
            if level.step < total:
                height, width = level.picture.shape[-2:]
                text = f"Re-making it of patches: {width} × {height} pixels"
                yield Progress(level.step, total, note=text)
                continue
            share = (min(1.0, strength) - RECOLOURED) / (1 - RECOLOURED)
            picture = blend(self.recoloured, to_image(level.picture), share)
            yield Progress(total, total, picture=picture, note=note)

    def is_beaten_by(self, swap: Image.Image) -> bool:
        """Whether another swap of both is nearer to the texture picture within regions that match
        than the recoloured one, and keeps as much of the structure picture's arrangement."""
        structure, texture, recoloured, other = (
            to_tensor(fit_long_side(picture, SEEN_SIDE))
            for picture in (self.source, to_image(self.texture), self.recoloured, swap)
        )
        ours, theirs = (
            (matched_wasserstein(x, texture, self.hard_regions, 2), -self_similarity(x, structure))
            for x in (recoloured, other)
        )
        return all(a < b for a, b in zip(theirs, ours, strict=True))

    @cached_property
    def hard_regions(self) -> RegionPair:
        """Where both pictures show the same kind of thing, each place in one region alone."""
        one, other = matched_regions(*self.features, softness=0)
        return one.cpu(), other.cpu()


def recoloured_rows(
    structures: Sequence[Image.Image], textures: Sequence[Image.Image], short_side: int
) -> Iterator[list[Image.Image]]:
    """Each structure, and it in the colours of each texture; `short_side` in pixels. What each
    picture shows is looked at once."""
    device = best_device()
    columns = [to_tensor(fit_short_side(x, short_side)).to(device) for x in textures]
    looks = [semantic_features(column) for column in columns]
    for picture in structures:
        source = fit_short_side(picture, short_side)
        structure = to_tensor(source).to(device)
        features = semantic_features(structure)
        pairs = zip(columns, looks, strict=True)
        results = [recolour(structure, x, matched_regions(features, look)) for x, look in pairs]
        yield [source, *map(to_image, results)]
