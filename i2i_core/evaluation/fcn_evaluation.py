"""The FCN-score of a model on a folder: the reader is taught, and reads its translations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.evaluation import fcn_score
from i2i_core.evaluation.fcn_score import Pairs, Palette, SegmenterConfig
from i2i_core.progress import Work

Pictures = Sequence[Image]
Sides = tuple[Pictures, Pictures]
MAX_PAIRS = 2000  # pairs to learn from, 130 MB at 128 pixels
NAMES = ("fcn_pixel_accuracy", "fcn_class_accuracy", "fcn_class_iou")


class FCNEvaluation:
    """Gathers label maps, real photographs and translations (`add`), then teaches the reader and
    has it read (`run`); `scores` and `note` are there afterwards. The reader learns from the pairs
    `train` (label maps, photographs); without, one reader learns from the real pairs of each half
    and reads the other half: it never reads what it has seen."""

    def __init__(self, palette: Palette, train: Sides | None, config: SegmenterConfig) -> None:
        self.palette, self.train, self.config = palette, train, config
        self.steps = config.steps * (2 if train is None else 1)
        self.ids: list[Tensor] = []
        self.real: list[Tensor] = []
        self.translated: list[Tensor] = []
        self.scores: dict[str, float] = {}
        self.note = ""

    @classmethod
    def prepare(
        cls, maps: Pictures, labels: bool | None, train: Sides | None = None,
        config: SegmenterConfig | None = None,
    ) -> FCNEvaluation | None:  # fmt: skip
        """Ready to gather if `labels` says that `maps` are label maps, with None if they are maps
        of three colours or more (drawings: two). Raises InputError if they should be but aren't."""
        if labels is False:
            return None
        if train is not None and len(train[0]) != len(train[1]):
            counts = f"{len(train[0])} label maps and {len(train[1])} photographs."
            problem = "The pairs to teach the reader of labels with are not pairs"
            raise InputError(f"{problem}: {counts}")
        try:
            palette = fcn_score.find_palette(maps if train is None else train[0])
        except InputError:
            if labels:
                raise
            return None
        if labels is None and len(palette.colours) < 3:
            return None
        return cls(palette, train, config or SegmenterConfig())

    def add(self, label_map: Image, photo: Image, translation: Image) -> None:
        """One pair, and the translation of its label map."""
        size = self.config.size
        self.ids.append(torch.from_numpy(self.palette.read(label_map, size)))
        self.real.append(fcn_score.shrink(photo, size))
        self.translated.append(fcn_score.shrink(translation, size))

    def run(self, device: torch.device | str = "cpu") -> Work:
        """Teach and read: a record for every step. Raises InputError for fewer than two pairs."""
        if len(self.ids) < 2:
            raise InputError("The FCN-score needs two pairs or more that can be read.")
        real, translated = (
            Pairs(torch.stack(photos), torch.stack(self.ids))
            for photos in (self.real, self.translated)
        )
        if self.train is None:
            halves = slice(0, None, 2), slice(1, None, 2)
            folds = [(real.part(one), other) for one, other in (halves, halves[::-1])]
            lessons = "the real pairs of one half to read the other, and the other way round"
        else:
            folds = [(self._training_pairs(*self.train), slice(None))]
            lessons = f"{len(folds[0][0].photos)} pairs of their own"
        classes = len(self.palette.colours)
        tables = [np.zeros((classes, classes), np.int64) for _ in range(2)]
        for pairs, part in folds:
            network = yield from fcn_score.train_segmenter(pairs, classes, self.config, device)
            for table, pictures in zip(tables, (translated, real), strict=True):
                table += fcn_score.read_confusion(network, pictures.part(part), classes)
        for ending, table in zip(("", "_real"), tables, strict=True):
            values = fcn_score.segmentation_scores(table)
            self.scores |= {name + ending: v for name, v in zip(NAMES, values, strict=True)}
        self.note = (
            f"The FCN-score's reader of {classes} labels at {self.config.size} pixels has learnt "
            f"from {lessons}: compare it with the same reader's on real photographs alone."
        )

    def _training_pairs(self, maps: Pictures, photos: Pictures) -> Pairs:
        ids, shrunk = [], []
        sample = np.linspace(0, len(maps) - 1, min(MAX_PAIRS, len(maps))).astype(int)
        for index in sample.tolist():
            try:
                photo, label_map = photos[index], maps[index]
            except InputError:
                continue
            shrunk.append(fcn_score.shrink(photo, self.config.size))
            ids.append(torch.from_numpy(self.palette.read(label_map, self.config.size)))
        if not ids:
            raise InputError("None of the pairs to teach the reader of labels with can be read.")
        return Pairs(torch.stack(shrunk), torch.stack(ids))
