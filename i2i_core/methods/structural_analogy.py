"""Structural analogy (Benaim et al. 2021): the arrangement of one picture, the stuff of another.

The paper trains a conditional GAN for the pair, for hours. Here the same question is answered by
guided patch synthesis in seconds: what answers to what is guessed by several hypotheses, each is
tried at a small size, and the one that keeps the structure's layout and the appearance's patches
best is finished. A person can overrule the guess, by name or with a scribble on both pictures."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor

from i2i_core.errors import MAX_SEED, InputError
from i2i_core.images.filters import rank, rgb_to_lab
from i2i_core.images.sizes import check_same_shape, fit_long_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.labels.maps import UNLABELLED, decode, decode_together
from i2i_core.method import Capabilities, Method
from i2i_core.patches.guide_trials import TRIAL_SIDE, Trial, try_correspondences
from i2i_core.patches.label_guides import label_guide
from i2i_core.patches.scribbles import spread_scribbles
from i2i_core.patches.semantic_guides import SEMANTIC_SETTINGS
from i2i_core.patches.structure_guides import CORRESPONDENCES, candidates, structure_guides
from i2i_core.patches.synthesis import count_levels, synthesize
from i2i_core.patches.task import Settings, Task, settings_for
from i2i_core.progress import Progress, Work, last_picture
from i2i_core.training.settings import CheckedConfig, choice, setting

AUTO = "auto"


@dataclass(frozen=True)
class StructuralAnalogyConfig(CheckedConfig):
    """What a structural analogy is made with."""

    long_side: int = setting(256, 64, 1024)  # of the result, pixels
    # 0 keeps only the structure's large arrangement, 1 follows its detail.
    granularity: float = setting(0.5, 0, 1)
    correspondence: str = choice(AUTO, *CORRESPONDENCES)  # what in A answers to what in B
    seed: int = setting(0, 0, MAX_SEED)


@dataclass(frozen=True)
class TriedCorrespondence:
    """A guess of what answers to what, tried small: the higher its score, the better."""

    name: str
    score: float
    picture: Image


@dataclass(frozen=True)
class AnalogyResult:
    """The guesses tried, best first, and what the chosen one sees in structure and appearance."""

    tried: tuple[TriedCorrespondence, ...] = ()
    guides: tuple[Image, Image] | None = None


class StructuralAnalogy(Method):
    """A's structure is kept, B's appearance taken; `reverse` exchanges the roles."""

    Config: ClassVar[type] = StructuralAnalogyConfig
    config: StructuralAnalogyConfig
    title = "structural analogy"
    capabilities = Capabilities("analogy", two_way=True)
    # The paper's applications, each a way to make the same call.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "structure": {"correspondence": AUTO, "granularity": 0.5},
        "style": {"correspondence": "lightness", "granularity": 0.85},
        "texture": {"correspondence": "lightness", "granularity": 0.6},
        "text effect": {"correspondence": "strokes", "granularity": 0.7},
    }

    def __init__(self, config: StructuralAnalogyConfig | None = None) -> None:
        super().__init__()
        self.config = config or StructuralAnalogyConfig()
        self.register_buffer("picture_a", torch.zeros(1, 3, 0, 0))
        self.register_buffer("picture_b", torch.zeros(1, 3, 0, 0))
        self.picture_a: Tensor
        self.picture_b: Tensor
        self.marks: tuple[Tensor, Tensor] | None = None

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn the pair: one picture each. There is nothing to train."""
        if len(a) != 1 or len(b) != 1:
            raise InputError("A structural analogy is made from one picture on each side.")
        self.picture_a, self.picture_b = (
            to_tensor(fit_long_side(x, self.config.long_side)).to(self.device) for x in (*a, *b)
        )
        self.marks, self.fitted = None, True
        yield Progress(1, 1, note="Both pictures are read.")

    def inference_state_dict(self) -> dict[str, Tensor]:
        """Both pictures, and the marks if there are any."""
        marks = zip(("marks_a", "marks_b"), self.marks or (), strict=False)
        return {"picture_a": self.picture_a, "picture_b": self.picture_b, **dict(marks)}

    def load_inference_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        self.picture_a, self.picture_b = tensors["picture_a"], tensors["picture_b"]
        self.marks = (tensors["marks_a"], tensors["marks_b"]) if "marks_a" in tensors else None
        self.fitted = True

    def correspond(self, scribble_a: Image, scribble_b: Image) -> None:
        """Say what answers to what: strokes of 2 to 4 colours on A and of the same colours on B,
        both on transparent ground and of their picture's shape. Replaces the automatic guess.
        Raises InputError unless the same two or more colours stand on both pictures."""
        self.check_is_fitted()
        for scribble, picture in ((scribble_a, self.picture_a), (scribble_b, self.picture_b)):
            check_same_shape(scribble.size, (picture.shape[-1], picture.shape[-2]), "scribble")
        map_a, map_b = decode_together(scribble_a, scribble_b)
        only_b = len(decode(scribble_b).colours) > len(set(map_b.ids.flat) - {UNLABELLED})
        colours_a, colours_b = (
            {int(i) for i in set(m.ids.flat)} - {UNLABELLED} for m in (map_a, map_b)
        )
        if only_b or colours_a != colours_b or not 2 <= len(colours_a) <= 4:
            advice = "Mark two to four regions, each with a colour of its own, on both pictures"
            raise InputError(f"{advice}: regions of one colour answer to each other.")
        marks_a = spread_scribbles(self.picture_a, map_a.ids)
        marks_b = spread_scribbles(self.picture_b, map_b.ids)
        self.marks = torch.from_numpy(marks_a), torch.from_numpy(marks_b)

    def render(
        self, source: Image, reference: Image | None = None, *, reverse: bool = False, **_: Any
    ) -> Work[AnalogyResult]:
        """Translate the fitted A (in reverse, B), or a picture in its place; no `reference` is
        used. First the correspondences are tried, with the best one's picture so far; then come the
        levels. Every record's result is an AnalogyResult."""
        self.check_is_fitted()
        fitted = self.picture_b if reverse else self.picture_a
        structure = to_tensor(fit_long_side(source, self.config.long_side)).to(fitted)
        appearance = self.picture_a if reverse else self.picture_b
        yield from self._render(structure, appearance, reverse)

    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, reverse: bool = False, **_: Any
    ) -> Tensor:
        """`source` (1, 3, H, W) in [0, 1] rebuilt out of the fitted B or, in reverse, A."""
        appearance = self.picture_a if reverse else self.picture_b
        picture = last_picture(self._render(source, appearance, reverse))
        return to_tensor(picture).to(source)

    def _render(self, structure: Tensor, appearance: Tensor, reverse: bool) -> Work[AnalogyResult]:
        trials: list[Trial] = []
        name = self.config.correspondence
        if self.marks is not None:
            name, guides = "your marks", self._marked_guides(structure, appearance, reverse)
        else:
            if name == AUTO:
                name, trials = yield from self._choose(structure, appearance)
            guides = structure_guides(name, structure, appearance)
        target_guide, source_guide = guides
        result = AnalogyResult(_tried(trials), (_show(target_guide), _show(source_guide)))
        task = Task(appearance, source_guide, target_guide)
        for level in synthesize(task, self._settings(name)):
            height, width = level.picture.shape[-2:]
            yield Progress(
                len(trials) + level.step, len(trials) + level.total, result=result,
                picture=to_image(level.picture), note=f"{width} × {height} pixels, by {name}",
            )  # fmt: skip

    def _choose(
        self, structure: Tensor, appearance: Tensor
    ) -> Generator[Progress[AnalogyResult], None, tuple[str, list[Trial]]]:
        """Try the correspondences that may fit, showing the best so far; returns the name of the
        best, and all trials, best first: none where only one may fit."""
        trials: list[Trial] = []
        names = candidates(structure, appearance)
        if len(names) == 1:
            return names[0], trials
        target, source = ((x.shape[-2], x.shape[-1]) for x in (structure, appearance))
        levels = count_levels(target, source, self._settings(AUTO))
        for trial in try_correspondences(structure, appearance, names, self.config.seed):
            trials = sorted([*trials, trial], key=_score, reverse=True)
            note = f"Trying what answers to what at {TRIAL_SIDE} pixels: {trial.name}"
            best, result = to_image(trials[0].picture), AnalogyResult(_tried(trials))
            yield Progress(len(trials), trial.total + levels, {}, best, note, result)
        return trials[0].name, trials

    def _marked_guides(
        self, structure: Tensor, appearance: Tensor, reverse: bool
    ) -> tuple[Tensor, Tensor]:
        assert self.marks is not None
        marks = self.marks[::-1] if reverse else self.marks
        count = 1 + max(int(mark.max()) for mark in marks)
        guides = []
        for mark, picture in zip(marks, (structure, appearance), strict=True):
            height, width = picture.shape[-2:]
            rows = torch.arange(height) * mark.shape[0] // height
            columns = torch.arange(width) * mark.shape[1] // width
            ids = mark[rows][:, columns].numpy()
            labels = label_guide(ids, count, reach=self.config.long_side / 26).to(picture)
            # Within a region lightness leads, as far as the granularity lets it.
            light = 0.3 * rank(rgb_to_lab(picture)[:, :1])
            guides.append(torch.cat([labels, light], 1))
        return guides[0], guides[1]

    def _settings(self, name: str) -> Settings:
        # From 0.02, where patches fit each other as they like, to 5, where they trace the guide.
        c, fine = self.config, 0.3 * 16 ** (2 * self.config.granularity - 1)
        changes = SEMANTIC_SETTINGS if name == "semantic" else {}
        weights = (max(4.0, fine), fine)
        return settings_for(
            c.long_side, guide_weight=weights, blurred_rounds=1, seed=c.seed, **changes
        )


def _tried(trials: Sequence[Trial]) -> tuple[TriedCorrespondence, ...]:
    return tuple(TriedCorrespondence(t.name, t.score, to_image(t.picture)) for t in trials)


def _score(trial: Trial) -> float:
    return trial.score


def _show(guide: Tensor) -> Image:
    """A guide's first three channels as a picture, each stretched to its range."""
    channels = guide[:, :3] if guide.shape[1] >= 3 else guide[:, :1]
    low, high = channels.amin((2, 3), keepdim=True), channels.amax((2, 3), keepdim=True)
    return to_image((channels - low) / (high - low).clamp_min(1e-6))
