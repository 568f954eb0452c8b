"""What every method promises, checked over all of METHODS: add one row for a new method."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import (
    build,
    load,
    load_training,
    read_header,
    save,
    save_training,
)
from i2i_core.errors import InputError
from i2i_core.method import Method, Progress
from i2i_core.methods import METHODS
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from i2i_core.methods.pix2pixhd import Pix2PixHD, Pix2PixHDConfig
from i2i_core.methods.semantic_analogy import SemanticAnalogy, SemanticAnalogyConfig
from i2i_core.methods.sincut import SinCUT, SinCUTConfig
from i2i_core.methods.structural_analogy import StructuralAnalogy, StructuralAnalogyConfig
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder, SwappingAutoencoderConfig
from i2i_core.progress import last_picture


@dataclass(frozen=True)
class Row:
    """`new` makes the method, small and fast; `a` and `b` are what it learns from; `pair` says
    that it learns from exactly one picture each; `stepwise`, that it learns step by step."""

    new: Callable[[], Method]
    a: list[Image.Image]
    b: list[Image.Image]
    pair: bool = False
    stepwise: bool = False

    @property
    def source(self) -> Image.Image:
        return self.a[0]


def noisy(first: tuple[int, ...], second: tuple[int, ...], edge: int, seed: int) -> Image.Image:
    """64 x 32 pixels: one colour left of column `edge`, another right of it, both grainy."""
    pixels = np.full((32, 64, 3), second, np.int16)
    pixels[:, :edge] = first
    pixels += np.random.default_rng(seed).integers(-25, 26, pixels.shape, np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def label_map(edge: int) -> Image.Image:
    pixels = np.full((32, 64, 3), (220, 20, 20), np.uint8)
    pixels[:, :edge] = (20, 20, 220)
    return Image.fromarray(pixels)


SAND, SEA = (200, 180, 120), (30, 80, 140)
ROCK, SKY = (60, 60, 60), (210, 210, 210)
A = [noisy(ROCK, SKY, edge, edge) for edge in (20, 32, 40)]
B = [noisy(SAND, SEA, edge, edge) for edge in (20, 32, 40)]
# Of every kind of thing that a fit's state holds, the smallest: an average, a pool that is full.
SMALL = {"size": 32, "load_size": 36, "discriminator_width": 4, "steps": 4, "ema": 0.9}
ROWS = {
    "structural_analogy": Row(
        lambda: StructuralAnalogy(StructuralAnalogyConfig(size=64, guide="lightness")),
        [noisy((60, 60, 60), (210, 210, 210), 24, 0)],
        [noisy(SAND, SEA, 40, 1)],
        pair=True,
    ),
    "semantic_analogy": Row(
        lambda: SemanticAnalogy(SemanticAnalogyConfig(size=64)),
        [label_map(40)],
        [noisy(SAND, SEA, 40, 1)],
        pair=True,
    ),
    "pix2pix": Row(lambda: Pix2Pix(Pix2PixConfig(width=4, depth=5, **SMALL)), A, B, stepwise=True),
    "pix2pixhd": Row(
        lambda: Pix2PixHD(
            Pix2PixHDConfig(
                width=4, depth=3, fine_width=4, code=2, noise=True, discriminator_layers=1, **SMALL
            )
        ),
        A,
        B,
        stepwise=True,
    ),
    "cyclegan": Row(
        lambda: CycleGAN(
            CycleGANConfig(
                width=4, blocks=1, pool=2, antialias=True, tone=4, identity_every=2, **SMALL
            )
        ),
        A,
        B[:2],
        stepwise=True,
    ),
    "cut": Row(
        lambda: CUT(CUTConfig(width=4, blocks=1, nce_layers=(0, 4, 12), nce_patches=16, **SMALL)),
        A[:2],
        B,
        stepwise=True,
    ),
    "sincut": Row(
        lambda: SinCUT(
            SinCUTConfig(
                width=4,
                discriminator_width=4,
                crop=16,
                load_size=48,
                batch=2,
                steps=4,
                ema=0.9,
            )
        ),
        A[:1],
        B[:1],
        pair=True,
        stepwise=True,
    ),
    "swapping_autoencoder": Row(
        lambda: SwappingAutoencoder(
            SwappingAutoencoderConfig(
                widths=(4, 6, 8),
                texture_widths=(8,),
                structure_channels=3,
                texture_size=8,
                head_widths=(6,),
                up_widths=(8, 4),
                patch_width=4,
                patch_widest=8,
                patch_linear=8,
                patch_size=16,
                patches=2,
                discriminator_widest=8,
                recolour=True,
                window=16,
                batch=1,
                r1_every=2,
                **SMALL,
            )
        ),
        A,
        B,
        stepwise=True,
    ),
}


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Row:
    return ROWS[request.param]


def fitted(row: Row) -> Method:
    method = row.new()
    for _ in method.fit(row.a, row.b):
        pass
    return method


def check_records(work: Iterator[Progress]) -> list[Progress]:
    """Every record is plain, and they count up to the end; returns them."""
    records = list(work)
    steps = [record.step for record in records]
    assert steps == sorted(set(steps))
    assert steps[0] >= 1
    assert records[-1].step == records[-1].total
    for record in records:
        assert all(type(value) is float for value in record.losses.values())
        pictures = [*record.extras.values()]
        pictures += [] if record.picture is None else [record.picture]
        assert all(isinstance(picture, Image.Image) for picture in pictures)
        assert isinstance(record.note, str)
    return records


def test_every_method_has_a_row() -> None:
    assert set(ROWS) == set(METHODS)
    for name, row in ROWS.items():
        assert type(row.new()) is METHODS[name]


def test_a_config_can_be_left_out(row: Row) -> None:
    kind = type(row.new())
    assert isinstance(kind().config, kind.Config)


def test_fit_and_render_yield_plain_records_up_to_a_picture(row: Row) -> None:
    method = row.new()
    check_records(method.fit(row.a, row.b))
    picture = check_records(method.render(row.source))[-1].picture
    assert picture is not None
    assert picture.mode == "RGB"
    assert picture.size == row.source.size


def test_translate_works_between_the_steps_and_after(row: Row) -> None:
    method = row.new()
    sizes = [method.translate(row.source).size for _ in method.fit(row.a, row.b)]
    assert sizes
    assert {*sizes, method.translate(row.source).size} == {row.source.size}


def test_stopping_early_leaves_a_method_that_translates(row: Row) -> None:
    method = row.new()
    fitting = method.fit(row.a, row.b)
    next(fitting)
    fitting.close()
    rendering = method.render(row.source)
    next(rendering)
    rendering.close()
    assert method.translate(row.source).size == row.source.size


def test_the_same_seed_gives_the_same_picture_and_leaves_the_given_ones_alone(row: Row) -> None:
    given = [*row.a, *row.b]
    before = [picture.tobytes() for picture in given]
    first = fitted(row).translate(row.source)
    again = last_picture(fitted(row).render(row.source))  # which is what translate waits for
    assert np.array_equal(np.asarray(first), np.asarray(again))
    assert [picture.tobytes() for picture in given] == before


def test_reverse_works_both_ways_or_is_refused(row: Row) -> None:
    method = fitted(row)
    if method.two_way:
        assert method.translate(row.b[0], reverse=True).size == row.b[0].size
    else:
        with pytest.raises(InputError):
            method.translate(row.b[0], reverse=True)


def test_translating_before_learning_says_so(row: Row) -> None:
    method = row.new()
    with pytest.raises(InputError, match=r"[Ff]it"):
        method.translate(row.source)
    with pytest.raises(InputError, match=r"[Ff]it"):
        method(torch.zeros(1, 3, 32, 64))


def test_a_pair_is_exactly_two_pictures(row: Row) -> None:
    if not row.pair:
        pytest.skip("learns from collections")
    method = row.new()
    for a, b in ((row.a * 2, row.b), (row.a, row.b * 2), ([], row.b), (row.a, [])):
        with pytest.raises(InputError, match="one"):
            list(method.fit(a, b))


def test_forward_takes_and_returns_tensors(row: Row) -> None:
    source = torch.from_numpy(np.array(row.source)).permute(2, 0, 1)[None].float() / 255
    result = fitted(row)(source)
    assert result.shape == source.shape
    assert 0 <= float(result.min()) <= float(result.max()) <= 1


def test_a_model_is_one_file_that_gives_the_same_pictures(row: Row, tmp_path: Path) -> None:
    method = fitted(row)
    save(method, tmp_path / "model.safetensors", about="Rock to sand.")
    again = load(tmp_path / "model.safetensors")
    assert type(again) is type(method)
    assert again.config == method.config
    for reverse in {False, method.two_way}:
        source = row.b[0] if reverse else row.source
        first, second = (
            np.asarray(m.translate(source, reverse=reverse), np.int16) for m in (method, again)
        )
        # Not to the bit: a fit may have left its weights in another order in memory.
        assert np.abs(first - second).max() <= 1
    header = read_header(tmp_path / "model.safetensors")
    assert METHODS[header["method"]] is type(method)
    assert header["about"] == "Rock to sand."
    assert sorted(tmp_path.iterdir()) == [tmp_path / "model.safetensors"]


def test_half_precision_halves_the_file_and_hardly_changes_the_picture(
    row: Row, tmp_path: Path
) -> None:
    method = fitted(row)
    save(method, tmp_path / "whole.safetensors")
    save(method, tmp_path / "half.safetensors", half=True)
    whole, half = (load(tmp_path / f"{name}.safetensors") for name in ("whole", "half"))
    first, second = (np.asarray(m.translate(row.source), np.int16) for m in (whole, half))
    assert np.abs(first - second).mean() < 1
    if row.stepwise:
        sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "whole")]
        assert sizes[0] < 0.7 * sizes[1]


def test_a_model_that_learnt_nothing_is_not_saved(row: Row, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"[Ff]it"):
        save(row.new(), tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_going_on_from_a_file_is_as_never_having_stopped(row: Row, tmp_path: Path) -> None:
    if not row.stepwise:
        with pytest.raises(InputError, match="one go"):
            save_training(fitted(row), tmp_path / "m.training.safetensors")
        return
    whole = row.new()
    expected = [record.losses for record in whole.fit(row.a, row.b)]

    first = row.new()
    fitting = first.fit(row.a, row.b)
    seen = [next(fitting).losses for _ in range(2)]
    fitting.close()
    save_training(first, tmp_path / "m.training.safetensors")
    torch.rand(7)  # what happens in between must not matter
    second = load_training(tmp_path / "m.training.safetensors")
    for record in second.fit(row.a, row.b):
        second.translate(row.source)  # nor must looking at results
        seen.append(record.losses)

    assert seen == expected
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name
    assert whole.fit_state is not None
    assert second.fit_state is not None
    state, again = whole.fit_state.tensors(), second.fit_state.tensors()
    assert set(state) == set(again)
    assert all(torch.equal(tensor, again[name]) for name, tensor in state.items())


def test_stopping_and_going_on_with_the_same_object_is_the_same(row: Row) -> None:
    if not row.stepwise:
        pytest.skip("learns in one go")
    whole, halved = row.new(), row.new()
    expected = [record.losses for record in whole.fit(row.a, row.b)]
    fitting = halved.fit(row.a, row.b)
    seen = [next(fitting).losses, next(fitting).losses]
    fitting.close()
    seen += [record.losses for record in halved.fit(row.a, row.b)]
    assert seen == expected
    with pytest.raises(InputError, match="more steps"):
        next(halved.fit(row.a, row.b))


def test_more_steps_can_be_given_afterwards(row: Row, tmp_path: Path) -> None:
    if not row.stepwise:
        pytest.skip("learns in one go")
    save_training(fitted(row), tmp_path / "m.training.safetensors")
    longer = load_training(tmp_path / "m.training.safetensors", steps=6)
    assert [record.step for record in longer.fit(row.a, row.b)] == [5, 6]


def test_a_fit_leaves_the_random_numbers_of_others_alone(row: Row) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    method = fitted(row)
    method.translate(row.source)
    assert torch.equal(torch.rand(3), expected)


def test_presets_and_settings_make_a_model_and_unknown_ones_are_named(row: Row) -> None:
    name = next(name for name, kind in METHODS.items() if kind is type(row.new()))
    kind = METHODS[name]
    assert kind.presets["paper"] == {}
    for preset in kind.presets.values():
        assert asdict(kind.Config(**preset)) != {}
    settings = asdict(row.new().config)  # type: ignore[arg-type]
    assert type(build(name, settings)) is kind
    with pytest.raises(InputError, match="magic"):
        build(name, {"magic": 1})
