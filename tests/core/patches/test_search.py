"""Nearest-neighbour search: the exhaustive one against brute force, PatchMatch against it."""

import pytest
import torch

from i2i_core.patches.patch_pca import PatchPCA
from i2i_core.patches.pyramid import Field
from i2i_core.patches.search import (
    augment_keys,
    augment_queries,
    distances,
    exhaustive,
    patchmatch,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_field(target: tuple[int, int], source: tuple[int, int], stride: int = 1) -> Field:
    shape = tuple(-(-side // stride) for side in target)
    random = seeded(5)
    y = torch.randint(0, source[0], shape, generator=random)
    x = torch.randint(0, source[1], shape, generator=random)
    return Field(y, x, torch.zeros(shape), stride, target, source)


def search(queries, keys, field, seed=0, sweeps=4):
    return patchmatch(
        queries, keys, field, sweeps=sweeps, jumps=(4, 1), radii=(20, 6, 1), random=seeded(seed)
    )


@pytest.fixture(scope="module")
def shifted() -> tuple[torch.Tensor, torch.Tensor]:
    """Descriptors of a random texture (48, 64), and of its part (32, 40) from (7, 11) on."""
    texture = torch.rand(1, 3, 48, 64, generator=seeded())
    pca = PatchPCA(texture, 5, 20)
    return pca(texture), pca(texture[:, :, 7:39, 11:51])


def test_exhaustive_finds_what_brute_force_finds():
    queries = torch.rand(900, 6, generator=seeded(1))
    keys = torch.rand(3000, 6, generator=seeded(2))
    # More than one block of the distance matrix, so that the blocks' seams are covered too.
    index = exhaustive(augment_queries(queries), augment_keys(keys), torch.zeros(3000), None)
    expected = torch.cdist(queries, keys)
    assert (index == expected.argmin(1)).float().mean() > 0.995  # equal but for rounding
    nearest = expected.gather(1, index[:, None])[:, 0]
    torch.testing.assert_close(nearest, expected.amin(1), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("alpha", "penalty", "expected"),
    [
        # Squared distances: (0, 9) for the first query, (1, 4) for the second.
        (None, (0.0, 0.0), [0, 0]),
        (None, (4.0, 0.0), [0, 1]),  # (4, 9), (5, 4)
        (None, (1e4, 0.0), [1, 1]),
        # Divided by alpha + (0, 4): what nothing resembles becomes cheap.
        (10.0, (0.0, 0.0), [0, 0]),  # (0, 0.64), (0.1, 0.29)
        (1.0, (0.0, 0.0), [0, 1]),  # (0, 1.8), (1, 0.8)
        (1.0, (2.0, 0.0), [1, 1]),  # (2, 1.8), (3, 0.8)
        (1.0, (0.0, 0.5), [0, 0]),  # (0, 2.3), (1, 1.3)
    ],
)
def test_completeness_and_penalty_by_hand(alpha, penalty, expected):
    queries, keys = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [3.0]])
    index = exhaustive(augment_queries(queries), augment_keys(keys), torch.tensor(penalty), alpha)
    assert index.tolist() == expected


def test_distances_by_hand():
    queries, keys = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    augmented = augment_keys(keys, torch.tensor([0.5, 0.0]))
    found = distances(augment_queries(queries), augmented, torch.tensor([0, 1]))
    torch.testing.assert_close(found, torch.tensor([25.5, 1.0]))


def test_patchmatch_finds_a_shift(shifted):
    source, target = shifted
    queries, keys = augment_queries(target), augment_keys(source)
    field = search(queries, keys, random_field((32, 40), (48, 64)))
    y, x = torch.meshgrid(torch.arange(32) + 7, torch.arange(40) + 11, indexing="ij")
    inside = (field.y == y)[2:-2, 2:-2] & (field.x == x)[2:-2, 2:-2]
    assert inside.float().mean() > 0.95


@pytest.mark.parametrize("stride", [1, 2])
def test_patchmatch_never_worsens_and_stays_in_the_source(shifted, stride):
    source, target = shifted
    shape = (32, 40)
    queries = augment_queries(target.view(*shape, -1)[::stride, ::stride].flatten(0, 1))
    keys = augment_keys(source)
    field = random_field(shape, (48, 64), stride)
    before = distances(queries, keys, field.index()).view(field.y.shape)
    for _ in range(3):
        field = search(queries, keys, field, sweeps=1)
        assert (field.distance <= before + 1e-5).all()
        assert field.distance.mean() < before.mean()
        before = field.distance
    torch.testing.assert_close(before.flatten(), distances(queries, keys, field.index()))
    assert 0 <= int(field.y.min()) <= int(field.y.max()) < 48
    assert 0 <= int(field.x.min()) <= int(field.x.max()) < 64


def test_patchmatch_avoids_what_is_penalised(shifted):
    source, target = shifted
    forbidden = torch.zeros(48, 64)
    forbidden[:, 32:] = 1e4
    field = search(
        augment_queries(target),
        augment_keys(source, forbidden.flatten()),
        random_field((32, 40), (48, 64)),
    )
    assert int(field.x.max()) < 32


def test_a_seed_means_one_field(shifted):
    source, target = shifted
    queries, keys = augment_queries(target), augment_keys(source)
    start = random_field((32, 40), (48, 64))
    one, again, other = (search(queries, keys, start, seed, sweeps=1) for seed in (0, 0, 1))
    assert torch.equal(one.index(), again.index())
    assert not torch.equal(one.index(), other.index())
