"""Old translations among new ones."""

from __future__ import annotations

import torch
from torch import Tensor

from i2i_core.training.image_pool import ImagePool


def one_value(number: int) -> Tensor:
    return torch.full((1, 3, 2, 2), float(number))


def test_a_pool_fills_first_and_then_gives_back_an_old_one_half_of_the_time() -> None:
    torch.manual_seed(0)
    pool = ImagePool(10)
    for number in range(10):
        assert float(pool.query(one_value(number)).mean()) == number
    given, old = set(range(10)), 0
    returned: list[int] = []
    for number in range(10, 410):
        found = round(float(pool.query(one_value(number)).mean()))
        given.add(number)
        assert found in given
        old += found != number
        returned.append(found)
    assert 160 < old < 240
    assert len(set(returned)) == 400  # an old one goes out once, for the new one in its place
    held = {round(float(x.mean())) for x in pool.pictures}
    assert len(pool.pictures) == 10
    assert held | set(returned) == given


def test_a_pool_takes_whole_batches_and_holds_no_graph() -> None:
    pool = ImagePool(3)
    batch = torch.cat([one_value(n) for n in range(3)]).requires_grad_()
    found = pool.query(batch * 2)
    assert torch.equal(found, batch.detach() * 2)
    assert not found.requires_grad
    assert not any(held.requires_grad for held in pool.pictures)
    assert pool.query(torch.ones(5, 3, 2, 2)).shape == (5, 3, 2, 2)
    assert len(pool.pictures) == 3


def test_a_pool_of_none_gives_the_new_ones() -> None:
    pool = ImagePool(0)
    for number in range(20):
        assert float(pool.query(one_value(number)).mean()) == number
    assert not pool.pictures


def test_a_pool_follows_torchs_generator() -> None:
    runs = []
    for _ in range(2):
        torch.manual_seed(5)
        pool = ImagePool(4)
        runs.append([float(pool.query(one_value(n)).mean()) for n in range(40)])
    assert runs[0] == runs[1]


def test_what_a_pool_held_goes_out_in_the_kind_of_what_comes_in() -> None:
    """As it must when it was read from a file while the fit runs on a graphics card."""
    torch.manual_seed(0)
    pool = ImagePool(1)
    pool.pictures = [one_value(1)]
    for _ in range(20):
        assert pool.query(torch.zeros(1, 3, 2, 2, dtype=torch.double)).dtype == torch.double
