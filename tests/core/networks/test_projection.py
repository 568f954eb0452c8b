"""The projection of features that CUT compares."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from i2i_core.networks.projection import PatchProjection
from tests.helpers import noise


def test_the_projection_gives_unit_vectors_of_the_places() -> None:
    torch.manual_seed(0)
    head = PatchProjection([3, 5], width=8)
    for parameter in head.parameters():
        nn.init.normal_(parameter)
    features = [noise(2, 3, 4, 6), noise(2, 5, 2, 3, seed=1)]
    places = [torch.tensor([7, 0, 23]), torch.tensor([5])]
    found = head(features, places)
    assert [tuple(vectors.shape) for vectors in found] == [(2, 3, 8), (2, 1, 8)]
    assert all(torch.allclose(vectors.norm(dim=2), torch.ones(())) for vectors in found)
    alone = F.normalize(head.heads[0](features[0][1, :, 1, 1]), dim=0)  # 7 is row 1, column 1
    torch.testing.assert_close(found[0][1, 0], alone)
