"""The projected discriminator: what it sees, what it may learn, what reaches a picture."""

from __future__ import annotations

import pytest
import torch

from i2i_core.networks.diffaugment import DifferentiableAugmentation
from i2i_core.networks.projected import (
    ProjectedDiscriminator,
    ProjectedPatchDiscriminator,
    View,
)
from i2i_core.training.optim import Optimizer, frozen
from i2i_core.training.perceptual import PerceptualTerm
from tests.helpers import noise


def test_logits_are_a_channel_for_each_stride_coarse_ones_repeated() -> None:
    judge = ProjectedDiscriminator(width=8)
    logits = judge(noise(2, 3, 64, 96).tanh())
    assert logits.shape == (2, 4, 16, 24)
    coarsest = logits[:, 3]
    assert torch.equal(
        coarsest[:, ::8, ::8].repeat_interleave(8, 1).repeat_interleave(8, 2), coarsest
    )
    assert len(torch.unique(logits[0, 0])) > 24


def test_a_grey_picture_is_judged_like_the_same_in_colour() -> None:
    judge = ProjectedDiscriminator(width=8).eval()
    grey = noise(1, 1, 32, 32).tanh()
    assert torch.equal(judge(grey), judge(grey.expand(-1, 3, -1, -1)))


def test_the_condition_matters_and_gets_no_gradient() -> None:
    judge = ProjectedDiscriminator(conditions=1, width=8).eval()
    x = noise(1, 4, 32, 32).tanh().requires_grad_()
    other = torch.cat([1 - x[:, :1], x[:, 1:]], 1)
    logits = judge(x)
    assert not torch.allclose(logits, judge(other))
    logits.sum().backward()
    assert x.grad is not None
    assert not x.grad[:, 0].any()
    assert x.grad[:, 1:].any()


def test_heads_learn_and_the_projections_stay() -> None:
    judge = ProjectedDiscriminator(width=8)
    before = {name: value.clone() for name, value in judge.state_dict().items()}
    optimizer = Optimizer([judge], 1e-2)
    with frozen(judge):
        pass  # must not set the projections free
    optimizer.minimize({"loss": judge(noise(1, 3, 32, 32).tanh()).mean()}, 0)
    changed = {name for name, value in judge.state_dict().items() if not value.equal(before[name])}
    assert changed
    assert all(name.startswith("heads.") for name in changed)
    assert not any("network" in name or "backbone" in name for name in before)


def test_what_was_seen_is_judged_alike_and_lets_go_of_the_picture() -> None:
    judge = ProjectedDiscriminator(width=8).eval()
    x = noise(1, 3, 32, 32).tanh().requires_grad_()
    (view,) = judge.look(x)
    assert isinstance(view, View)
    assert torch.equal(judge(view), judge(x))
    judge(view.detach()).sum().backward()
    assert x.grad is None
    judge(view).sum().backward()
    assert x.grad is not None


def test_pairs_are_augmented_alike() -> None:
    judge = ProjectedDiscriminator(width=8, augment=True)
    x = noise(2, 3, 64, 64).tanh()
    one, same = judge.look(x, x.clone())
    assert all(torch.equal(a, b) for a, b in zip(one.features, same.features, strict=True))
    (another,) = judge.look(x)
    assert not torch.allclose(one.features[0], another.features[0])
    judge.eval()  # who looks inside sees the picture itself
    (plain,) = ProjectedDiscriminator(width=8).look(x)
    assert torch.equal(judge.look(x)[0].features[0], plain.features[0])


def test_the_perceptual_term_takes_what_was_seen() -> None:
    judge, x = ProjectedDiscriminator(width=8), noise(1, 3, 32, 32).tanh()
    near, far = (x + size * noise(1, 3, 32, 32, seed=1) for size in (0.05, 0.5))
    term, _ = PerceptualTerm.try_make()
    assert term is not None
    target, one, other = judge.look(x, near, far)
    assert 0 == term(target, target) < term(one, target) < term(other, target)


def test_a_hole_a_shift_and_other_colours() -> None:
    torch.manual_seed(3)
    x = torch.linspace(-1, 1, 64).expand(1, 3, 64, 64).contiguous()
    augmentation = DifferentiableAugmentation(x)
    moved = augmentation.move(torch.ones_like(x))
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    assert 0.5 < moved.mean() < 1
    ((down, right),) = augmentation.shifts
    assert 0 <= down <= 16
    assert 0 <= right <= 16
    columns = augmentation.move(x)[0, 0, 32][moved[0, 0, 32] > 0]
    assert torch.allclose(columns.diff(), x[0, 0, 0, 1:].diff()[0], atol=0.5)
    coloured = augmentation.colour(x)
    assert not torch.allclose(coloured, x)
    assert coloured[0, 0, 0, 0] < coloured[0, 0, 0, -1]


def test_crops_are_judged_beside_those_of_the_reference() -> None:
    judge = ProjectedPatchDiscriminator(width=8).eval()
    reference, crops = noise(2, 3, 3, 32, 32).tanh(), noise(2, 3, 3, 32, 32, seed=1).tanh()
    logits = judge(reference, crops)
    assert logits.shape == (6, 4, 8, 8)
    # The order of the reference's crops is nothing, another picture's are something.
    assert torch.allclose(judge(reference.flip(1), crops), logits, atol=1e-5)
    assert not torch.allclose(judge(reference.flip(0), crops), logits, atol=1e-5)


@pytest.mark.parametrize("augment", [False, True])
def test_it_tells_noise_from_ramps_within_a_few_steps(augment: bool) -> None:
    torch.manual_seed(0)
    judge = ProjectedDiscriminator(width=8, augment=augment)
    optimizer = Optimizer([judge], 2e-3, (0.0, 0.99))
    real = torch.linspace(-1, 1, 64).expand(4, 3, 64, 64).contiguous()
    for step in range(12):
        fake = noise(4, 3, 64, 64, seed=step).tanh()
        loss = (1 - judge(real)).relu().mean() + (1 + judge(fake)).relu().mean()
        optimizer.minimize({"hinge": loss}, step)
    assert judge(real).mean() > judge(noise(4, 3, 64, 64, seed=99).tanh()).mean() + 0.5
