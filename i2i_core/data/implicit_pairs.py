"""Pictures of true pairs among others, unmarked: implicit pairs."""

from collections.abc import Sequence

from PIL import Image

from i2i_core.data.batches import Pictures
from i2i_core.errors import check_range


class ImplicitPairs(Sequence[Image.Image]):
    """One side's pictures with pictures of pairs among them (Ginger et al. 2019). As many entries
    are added, going through the pairs again and again, as make up `fraction` of the whole (of more
    pairs than that, the first). Each side is still sampled for itself."""

    def __init__(self, pictures: Pictures, of_pairs: Pictures, fraction: float) -> None:
        check_range("fraction of pairs", fraction, 0, 0.99)
        self.pictures, self.of_pairs = pictures, of_pairs
        self.added = round(len(pictures) * fraction / (1 - fraction)) if len(of_pairs) else 0

    def __len__(self) -> int:
        return len(self.pictures) + self.added

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index < len(self.pictures):
            return self.pictures[index]
        return self.of_pairs[(index - len(self.pictures)) % len(self.of_pairs)]

    @property
    def names(self) -> list[str]:
        """Names for the list of what was skipped."""
        singles, pairs = (
            list(getattr(side, "names", [f"{word} {i + 1}" for i in range(len(side))]))
            for side, word in ((self.pictures, "picture"), (self.of_pairs, "pair"))
        )
        return singles + [pairs[i % len(pairs)] for i in range(self.added)]
