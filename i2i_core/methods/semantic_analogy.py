"""Semantic image analogy (Li et al. 2020): P : P' :: I : I'.

P is the label map of the photograph P', I an edited or foreign one with the same labels, I' the
photograph that I would be the label map of. The paper trains a network for hours on the one
photograph. Here every patch of I' is taken from P', guided by the labels. Foreign maps make this
*texture by numbers* (Hertzmann et al. 2001, section 4.5), maps drawn by hand *sketch to image*."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.errors import MAX_SEED, InputError
from i2i_core.images.sizes import check_same_shape, fit_long_side, same_aspect
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.labels.maps import Ids, decode_together, fill_unlabelled, resize
from i2i_core.method import Capabilities, Method
from i2i_core.patches.label_guides import label_guide
from i2i_core.patches.regions import Box, changed_box, crop_task, paste_result
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Task, settings_for
from i2i_core.progress import Progress, Work, last_picture
from i2i_core.training.settings import CheckedConfig, setting


@dataclass(frozen=True)
class SemanticAnalogyConfig(CheckedConfig):
    """What a semantic analogy is made with."""

    long_side: int = setting(256, 64, 1024)  # of the photograph as it is worked on, pixels
    # Leave the photograph alone where the edited map has the same shape and the same labels.
    keep: bool = False
    seed: int = setting(0, 0, MAX_SEED)


class SemanticAnalogy(Method):
    """A is the label map, B the photograph; another label map is translated."""

    Config: ClassVar[type] = SemanticAnalogyConfig
    config: SemanticAnalogyConfig
    title = "semantic analogy"
    capabilities = Capabilities("analogy")

    def __init__(self, config: SemanticAnalogyConfig | None = None) -> None:
        super().__init__()
        self.config = config or SemanticAnalogyConfig()
        self.register_buffer("photo", torch.zeros(1, 3, 0, 0))
        self.photo: Tensor
        self.labels: Image.Image | None = None

    def fit(self, a: Sequence[Image.Image], b: Sequence[Image.Image]) -> Work:
        """Learn one label map (a) and its photograph (b). There is nothing to train."""
        if len(a) != 1 or len(b) != 1:
            raise InputError("A semantic analogy learns one label map and one photograph.")
        check_same_shape(a[0].size, b[0].size, "label map")
        self.labels = a[0]
        self.photo = to_tensor(fit_long_side(b[0], self.config.long_side)).to(self.photo.device)
        self.fitted = True
        yield Progress(1, 1, note="The photograph and its labels are read.")

    def inference_state_dict(self) -> dict[str, Tensor]:
        """The photograph, and the label map as the bytes of a PNG, which keeps its exact values."""
        file = BytesIO()
        assert self.labels is not None
        self.labels.save(file, "PNG")
        png = torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)
        return {"photo": self.photo, "labels": png}

    def load_inference_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        self.photo = tensors["photo"]
        self.labels = Image.open(BytesIO(tensors["labels"].numpy().tobytes()), formats=["PNG"])
        self.labels.load()
        self.fitted = True

    def render(self, source: Image.Image, reference: Image.Image | None = None, **how: Any) -> Work:
        """Translate the label map `source`; a record for every level. `reference` is not used. What
        has labels that the photograph lacks takes the nearest known one, and the note says so."""
        self.check_direction(how.get("reverse", False))
        self.check_is_fitted()
        assert self.labels is not None
        photo_map, target = decode_together(self.labels, source)
        width, height = self.photo.shape[-1], self.photo.shape[-2]
        source_ids = resize(fill_unlabelled(photo_map.ids), (width, height))
        same_shape = same_aspect(target.ids.shape[::-1], (width, height))
        size = (width, height) if same_shape else _fitted(target.ids, max(width, height))
        strange = float((target.ids == 255).mean())
        note = ""
        if strange > 0.002:
            treatment = "left as it is" if self.config.keep and same_shape else "filled in"
            note = f"{strange:.0%} of the map has labels that the photograph lacks: {treatment}. "
        target_ids = resize(fill_unlabelled(target.ids), size)
        box = None
        if self.config.keep and same_shape:
            # What was unlabelled in the map was left as it is, not asked to become its neighbour.
            was_own = resize(target.ids, size) == 255
            target_ids = np.where(was_own, source_ids, target_ids)
            box = changed_box(source_ids != target_ids, self.config.long_side)
            if box is None:
                note += "Nothing was repainted."
                yield Progress(1, 1, picture=to_image(self.photo), note=note)
                return
        yield from self._synthesize(source_ids, target_ids, len(photo_map.colours), box, note)

    def forward(self, source: Tensor, reference: Tensor | None = None, **_: Any) -> Tensor:
        """Translate a label picture (1, 3, H, W) in [0, 1] of the fitted map's colours."""
        return to_tensor(last_picture(self.render(to_image(source)))).to(source)

    def _synthesize(
        self, source_ids: Ids, target_ids: Ids, count: int, box: Box | None, note: str
    ) -> Work:
        reach = 10 * self.config.long_side / 256
        source_guide = label_guide(source_ids, count, reach).to(self.photo)
        target_guide = label_guide(target_ids, count, reach).to(self.photo)
        # What is asked for nowhere must not come back: the search likes to use all of a source.
        asked = target_ids if box is None else target_ids[box.rows, box.columns]
        gone = ~np.isin(source_ids, np.unique(asked))
        valid = 1 - torch.from_numpy(gone).to(self.photo)[None, None]
        task = Task(self.photo, source_guide, target_guide, valid)
        if box is not None:
            task = crop_task(task, self.photo, box, valid)
        settings = settings_for(self.config.long_side, seed=self.config.seed)
        for level in synthesize(task, settings):
            result = level.picture if box is None else paste_result(self.photo, level.picture, box)
            level_note = f"{note}Level {level.step} of {level.total}"
            yield Progress(level.step, level.total, picture=to_image(result), note=level_note)


def _fitted(ids: Ids, long_side: int) -> tuple[int, int]:
    scale = long_side / max(ids.shape)
    return max(8, round(ids.shape[1] * scale)), max(8, round(ids.shape[0] * scale))
