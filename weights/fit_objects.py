"""Teaches the scores of objects on composed scenes and drawn outlines: `objects.safetensors`.

python weights/fit_objects.py DIR [SCENES]       # DIR: the photographs; 20 minutes for 450
"""

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
import torch.nn.functional as F
from PIL.Image import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from i2i_core.images.sizes import fit_long_side
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.object_features import features
from i2i_core.patches.object_proposals import proposals
from i2i_core.patches.object_scores import KEPT, WEIGHTS, context
from i2i_core.patches.object_superpixels import superpixels
from i2i_core.patches.objects import WORKING_SIDE
from tests.core.patches.drawn_outlines import FILLED, IGNORED, OBJECTS, mask, photograph
from weights.object_scenes import Scenes

BATCH, RATE = 2048, 6e-3
DRAWN_WEIGHT = 4.0  # of a photograph with drawn outlines beside a scene's 1
ABOUT = {"network": "scores of objects: two perceptrons", "data": "composed scenes, drawn outlines"}


@dataclass(frozen=True)
class Example:
    """The proposals of one scene."""

    sets: np.ndarray  # (P, N)
    area: np.ndarray  # (N,)
    table: np.ndarray  # (P, F)
    iou: np.ndarray  # (P,) with the thing that each fits best
    things: int
    weight: float = 1.0


class Perceptron(nn.Module):
    """Three layers on standardised columns."""

    def __init__(self, table: Tensor, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", table.mean(0))
        self.register_buffer("scale", table.std(0) + 1e-6)
        self.layers = nn.Sequential(
            nn.Linear(table.shape[1], hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden // 2),
            nn.SiLU(),
            nn.Linear(hidden // 2, 1),
        )

    def forward(self, table: Tensor) -> Tensor:
        return self.layers(((table - self.mean) / self.scale).clamp(-3, 3))[:, 0]


def drawn(name: str, folder: Path) -> Example:
    """The proposals of a photograph, without what is mostly scenery to ignore."""
    picture = fit_long_side(photograph(name, folder), WORKING_SIDE)
    things, ignored = (
        [mask(outline, picture.size) for outline in outlines.get(name, [])]
        for outlines in ({**OBJECTS, **FILLED}, IGNORED)
    )
    return example(picture, things, ignored, DRAWN_WEIGHT)


def example(
    picture: Image, things: list[np.ndarray], ignored: list[np.ndarray], weight: float = 1.0
) -> Example:
    """The proposals of a picture, measured."""
    regions = superpixels(to_tensor(picture))
    sets = proposals(regions)
    for scenery in ignored:
        sets = sets[sets @ regions.sum(scenery) < 0.5 * (sets @ regions.area)]
    size, ious = sets @ regions.area, []
    for thing in things:
        common = sets @ regions.sum(thing)
        ious.append(common / (size + thing.sum() - common))
    measures = features(regions, sets)
    return Example(sets, regions.area, measures, np.max(ious, 0), len(things), weight)


def fit(examples: list[Example], hidden: int, epochs: int) -> Perceptron:
    """Learn how well proposals fit: 0 up to an IoU of 0.3, 1 from 0.8 on. Each scene counts as the
    root of its things does, and its bad proposals as much as its good ones."""
    tables, targets, weights = [], [], []
    random = np.random.default_rng(0)
    for e in examples:
        kept = (e.iou > 0.3) | (random.random(len(e.iou)) < 350 / len(e.iou))
        target = ((e.iou[kept] - 0.3) / 0.5).clip(0, 1)
        good = target > 0
        weight = np.where(good, 0.5 / max(good.sum(), 1), 0.5 / max((~good).sum(), 1))
        tables.append(e.table[kept])
        targets.append(target)
        weights.append(weight * np.sqrt(e.things) * e.weight)
    table, target, weight = (
        torch.from_numpy(np.concatenate(x)).float() for x in (tables, targets, weights)
    )
    weight = (weight / weight.mean()).clamp(max=30)
    torch.manual_seed(0)
    network = Perceptron(table, hidden)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    steps = epochs * len(table) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    for _ in range(steps):
        some = torch.randint(len(table), (BATCH,))
        losses = F.binary_cross_entropy_with_logits(
            network(table[some]), target[some], reduction="none"
        )
        optimiser.zero_grad()
        (losses * weight[some]).mean().backward()
        optimiser.step()
        schedule.step()
    return network


def among_others(e: Example, network: Perceptron) -> Example:
    """The best proposals with what else there is, as `choose` sees them."""
    with torch.no_grad():
        scores = torch.sigmoid(network(torch.from_numpy(e.table))).double().numpy()
    best = np.argsort(-scores, kind="stable")[:KEPT]
    table = np.concatenate([e.table[best], context(e.sets[best], scores[best], e.area)], 1)
    return Example(e.sets[best], e.area, table, e.iou[best], e.things, e.weight)


def main(folder: str, count: str = "450") -> None:
    """Write the weights to `weights/`."""
    scenes = Scenes(Path(folder))
    examples = [drawn(name, Path(folder)) for name in (*OBJECTS, *FILLED)]
    for number in range(int(count)):
        picture, things, _ = scenes(number)
        if things:
            examples.append(example(picture, things, []))
    halves = examples[::2], examples[1::2]
    # The second network learns from scores of a first one that has not seen the scene.
    strangers = [fit(half, 24, 15) for half in halves]
    second = [among_others(e, strangers[1 - k]) for k in (0, 1) for e in halves[k]]
    networks = {"alone": fit(examples, 24, 15), "among others": fit(second, 32, 30)}
    tensors = {
        f"{name}.{key.removeprefix('layers.')}": value.contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    save_file(tensors, WEIGHTS, ABOUT)


if __name__ == "__main__":
    main(*sys.argv[1:])
