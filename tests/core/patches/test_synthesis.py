"""The engine's promises: repeatable, guided, faithful to what is known, forbidden or stopped."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from i2i_core.patches.label_guides import label_guide, position
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Settings, Task

QUICK = Settings(coarsest=16, rounds=(3, 2))


def last(task: Task, settings: Settings = QUICK) -> torch.Tensor:
    *_, level = synthesize(task, settings)
    return level.picture


def stripes(ids: np.ndarray) -> torch.Tensor:
    """Level stripes where ids are 0, upright ones where they are 1: equal in colour and light."""
    y, x = np.indices(ids.shape)
    wave = np.where(ids == 0, np.sin(2 * np.pi * y / 6), np.sin(2 * np.pi * x / 6))
    random = np.random.default_rng(0)
    picture = 0.5 + 0.35 * wave + 0.05 * random.standard_normal((3, *ids.shape))
    return torch.from_numpy(picture).float()[None].clamp(0, 1)


def upright(picture: torch.Tensor) -> np.ndarray:
    """Where a picture changes more along x than along y, in windows of 9 x 9: (H, W) bool."""
    grey = picture.mean(1, keepdim=True)
    along_x = torch.nn.functional.pad(grey.diff(dim=3).square(), (0, 1, 0, 0))
    along_y = torch.nn.functional.pad(grey.diff(dim=2).square(), (0, 0, 0, 1))
    more = torch.nn.functional.avg_pool2d(along_x - along_y, 9, 1, 4)
    return (more[0, 0] > 0).numpy()


def halves(height: int, width: int) -> np.ndarray:
    ids = np.zeros((height, width), np.uint8)
    ids[:, width // 2 :] = 1
    return ids


def noise(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def plain_task(source: torch.Tensor, target: tuple[int, int], **more: torch.Tensor) -> Task:
    return Task(source, position(source.shape[-2], source.shape[-1]), position(*target), **more)


@pytest.mark.parametrize("exhaustive_limit", [4096**2, 0], ids=["exhaustive", "patchmatch"])
def test_labels_that_move_take_their_texture_along(exhaustive_limit):
    ids = halves(64, 64)
    wanted = np.zeros((56, 72), np.uint8)
    wanted[:28] = 1  # from left and right to above and below, at another shape
    source = stripes(ids)
    assert (upright(source) == (ids == 1)).mean() > 0.93  # the criterion itself
    task = Task(source, label_guide(ids, 2, 5.0), label_guide(wanted, 2, 5.0))
    settings = Settings(coarsest=16, rounds=(3, 2), exhaustive_limit=exhaustive_limit)
    result = last(task, settings)
    assert result.shape == (1, 3, 56, 72)
    assert (upright(result) == (wanted == 1)).mean() > 0.9
    # Not an average of the two: the stripes are as strong as they were.
    assert float(result.std()) > 0.85 * float(source.std())


def test_a_seed_means_one_picture():
    task = plain_task(noise(40, 40), (40, 40))
    one, again = last(task), last(task)
    other = last(task, Settings(coarsest=16, rounds=(3, 2), seed=1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_global_seed_is_neither_used_nor_changed():
    task = plain_task(noise(32, 32), (32, 32))
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one = last(task)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(last(task), one)


@pytest.mark.parametrize("target", [(60, 60), (60, 34), (34, 72)])
@pytest.mark.parametrize("source", [(50, 50), (70, 40)])
def test_levels_grow_to_the_target(source, target):
    levels = list(synthesize(plain_task(noise(*source), target), QUICK))
    assert [level.step for level in levels] == list(range(1, levels[0].total + 1))
    sizes = [tuple(level.picture.shape[-2:]) for level in levels]
    assert sizes[-1] == target
    for (h, w), (height, width) in pairwise(sizes):
        assert h < height
        assert w < width
    for level in levels:
        assert level.picture.isfinite().all()
        assert 0 <= float(level.picture.min()) <= float(level.picture.max()) <= 1
        assert level.field.target == tuple(level.picture.shape[-2:])


@pytest.mark.parametrize(
    ("source", "target"), [((12, 12), (12, 12)), ((9, 30), (20, 8)), ((12, 12), (60, 60))]
)
def test_tiny_pictures_have_one_level(source, target):
    (level,) = synthesize(plain_task(noise(*source), target), QUICK)
    assert tuple(level.picture.shape[-2:]) == target
    assert level.picture.isfinite().all()


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_flat_source_gives_a_flat_result(value):
    flat = torch.full((1, 3, 30, 30), value)
    torch.testing.assert_close(last(plain_task(flat, (30, 40))), torch.full((1, 3, 30, 40), value))


def test_known_pixels_stay_exactly():
    source = noise(48, 48)
    unknown = torch.zeros(1, 1, 48, 48)
    unknown[..., 16:30, 20:36] = 1
    known = source.clone()
    known[..., 16:30, 20:36] = 0
    kept = (unknown == 0).expand_as(known)
    *_, level = synthesize(plain_task(source, (48, 48), known=known, unknown=unknown), QUICK)
    assert torch.equal(level.picture[kept], known[kept])
    assert level.picture[~kept].mean() > 0.3  # and the hole is filled


@pytest.mark.parametrize("exhaustive_limit", [4096**2, 0], ids=["exhaustive", "patchmatch"])
def test_forbidden_pixels_never_appear(exhaustive_limit):
    source = noise(60, 60)
    source[:, 1] = source[:, 0] = source[:, 2]  # grey, but for a green square
    source[..., 20:36, 24:40] = torch.tensor([0.0, 1.0, 0.0]).view(3, 1, 1)
    valid = torch.ones(1, 1, 60, 60)
    valid[..., 20:36, 24:40] = 0
    settings = Settings(coarsest=16, rounds=(3, 2), exhaustive_limit=exhaustive_limit)
    free = last(plain_task(source, (60, 60)), settings)
    assert (free[:, 1] - free[:, 0]).max() > 0.8
    result = last(plain_task(source, (60, 60), valid=valid), settings)
    assert (result[:, 1] - result[:, 0]).max() < 1e-3


def test_the_initial_picture_leads_where_the_guides_say_nothing():
    source = stripes(halves(48, 48))
    nothing = torch.zeros(1, 1, 48, 48)
    mirrored = Task(source, nothing, nothing, initial=source.flip(3))
    assert (upright(last(mirrored)) == (halves(48, 48) == 0)).mean() > 0.8


def test_it_can_be_stopped_between_levels():
    work = synthesize(plain_task(noise(60, 60), (60, 60)), QUICK)
    first = next(work)
    assert first.step == 1 < first.total
    assert torch.is_grad_enabled()  # the caller's, while the work waits
    work.close()
    assert list(work) == []
    assert torch.is_grad_enabled()


def test_what_does_not_fit_together_is_refused():
    picture, guide = noise(20, 20), torch.zeros(1, 2, 20, 20)
    with pytest.raises(ValueError, match="same height and width"):
        Task(picture, torch.zeros(1, 2, 20, 21), guide)
    with pytest.raises(ValueError, match="same channels"):
        Task(picture, guide, torch.zeros(1, 3, 20, 20))
    with pytest.raises(ValueError, match="together"):
        Task(picture, guide, guide, known=picture)
    with pytest.raises(ValueError, match="together"):
        Task(picture, guide, guide, unknown=torch.ones(1, 1, 20, 20))
