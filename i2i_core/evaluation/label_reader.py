"""Which label a patch of a picture shows: a reader taught by one labelled picture."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import gaussian_blur, resize
from i2i_core.patches.metrics import PATCH
from i2i_core.patches.patch_pca import PatchPCA


class LabelReader:
    """Reads labels off pictures, having seen one labelled picture: 5 nearest neighbours on patch
    components of two scales, without position."""

    def __init__(self, photo: Tensor, ids: NDArray[np.uint8], samples: int = 6000) -> None:
        """Learn from `photo` (1, 3, H, W) and its `ids` (H, W)."""
        half = (photo.shape[-2] // 2, photo.shape[-1] // 2)
        self.scales = [PatchPCA(photo, PATCH, 10), PatchPCA(resize(photo, half), PATCH, 10)]
        labels = torch.from_numpy(ids.astype(np.int64)).flatten()  # sampled on the CPU
        random = torch.Generator().manual_seed(0)
        samples_by_label = []
        for label in labels.unique():
            members = (labels == label).nonzero()[:, 0]
            share = max(200, samples * len(members) // len(labels))
            samples_by_label.append(members[torch.randperm(len(members), generator=random)[:share]])
        indices = torch.cat(samples_by_label)
        self.features = self._describe(photo)[indices.to(photo.device)]
        self.labels = labels[indices].to(photo.device)
        self.count = int(labels.max()) + 1

    def read(self, picture: Tensor) -> NDArray[np.uint8]:
        """The ids (H, W) that `picture` (1, 3, H, W) seems to show."""
        votes = []
        for block in self._describe(picture).split(4000):
            nearest = torch.cdist(block, self.features).topk(5, largest=False)[1]
            votes.append(F.one_hot(self.labels[nearest], self.count).sum(1))
        table = torch.cat(votes).float().T.view(1, self.count, *picture.shape[-2:])
        best = gaussian_blur(table, 1.5)[0].argmax(0)
        return np.asarray(best.to(torch.uint8).cpu())

    def _describe(self, picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        small = resize(picture, (height // 2, width // 2))
        coarse = self.scales[1](small).T.view(1, -1, height // 2, width // 2)
        coarse = resize(coarse, (height, width))[0].flatten(1).T
        # Standardised as raw components are: both scales count by their own variance.
        return torch.cat([self.scales[0](picture), coarse], 1)


def label_agreement(read: NDArray[np.uint8], target: NDArray[np.uint8]) -> tuple[float, float]:
    """Pixel accuracy and mean IoU of two label maps (H, W), over the labels of `target`."""
    ious = []
    for label in np.unique(target):
        union = ((read == label) | (target == label)).sum()
        ious.append(float(((read == label) & (target == label)).sum() / union))
    return float((read == target).mean()), float(np.mean(ious))
