"""The papers' networks against what is published of them, their layers against plain PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import (
    BatchNorm,
    BlurDown,
    BlurUp,
    InstanceNorm,
    Noise,
    count_parameters,
    initialise,
)
from i2i_core.networks.layers import blur as blur_pixels
from i2i_core.networks.patchgan import PatchGAN, PixelGAN
from i2i_core.networks.pix2pixhd import ColourCode, Pix2PixHDGenerator
from i2i_core.networks.projection import PatchProjection
from i2i_core.networks.resnet import LowFrequencyNet, ResNet
from i2i_core.networks.stylegan2 import DemodulatedUp, SinCUTGenerator, StyleGAN2Discriminator, blur
from i2i_core.networks.unet import UNet, UpConv


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def weights_of(network: nn.Module) -> list[int]:
    """The numbers in `network.model` of the layers with convolutions' weights."""
    names = [name for name, value in network.state_dict().items() if value.ndim == 4]
    return sorted({int(name.split(".")[1]) for name in names})


# Published sizes and layouts


@pytest.mark.parametrize(
    ("make", "millions", "digits"),
    [
        (lambda: UNet(), 54.41, 2),
        (lambda: UNet(depth=7), 41.83, 2),
        (lambda: ResNet(), 11.378, 3),
        (lambda: ResNet(dropout=True), 11.378, 3),
        (lambda: ResNet(antialias=True), 11.378, 3),
        (lambda: PatchGAN(6, norm="batch"), 2.77, 2),
        (lambda: PatchGAN(3), 2.765, 3),
        (lambda: PatchGAN(3, antialias=True), 2.765, 3),
        (lambda: PatchProjection((3, 128, 256, 256, 256)), 0.56, 2),
        (lambda: SinCUTGenerator(), 3.07, 2),
        (lambda: StyleGAN2Discriminator(), 5.89, 2),
    ],
)
def test_networks_have_as_many_weights_as_the_published_ones(
    make: Callable[[], nn.Module], millions: float, digits: int
) -> None:
    with torch.device("meta"):
        assert round(count_parameters(make()) / 1e6, digits) == millions


def test_resnets_number_their_layers_as_the_published_files_do() -> None:
    plain, smooth = ResNet(width=2), ResNet(width=2, antialias=True)
    assert weights_of(plain) == [1, 4, 7, *range(10, 19), 19, 22, 26]
    assert weights_of(smooth) == [1, 4, 8, *range(12, 21), 22, 26, 30]
    for network, first, step in ((plain, 10, 5), (smooth, 12, 5), (None, 10, 6)):
        network = network or ResNet(width=2, dropout=True)
        for block in range(first, first + 9):
            assert f"model.{block}.conv_block.1.weight" in network.state_dict()
            assert f"model.{block}.conv_block.{step}.weight" in network.state_dict()


def test_six_blocks_end_where_the_published_ones_do() -> None:
    assert weights_of(ResNet(width=2, blocks=6)) == [1, 4, 7, *range(10, 16), 16, 19, 23]


def test_transposed_convolutions_hold_their_weights_in_by_out() -> None:
    shapes = {name: tuple(v.shape) for name, v in ResNet(width=2).state_dict().items()}
    assert shapes["model.19.weight"] == (8, 4, 3, 3)
    assert shapes["model.22.weight"] == (4, 2, 3, 3)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_discriminators_number_their_layers_as_the_published_files_do(norm: str) -> None:
    assert weights_of(PatchGAN(3, 2, norm=norm)) == [0, 2, 5, 8, 11]
    assert weights_of(PatchGAN(3, 2, norm=norm, antialias=True)) == [0, 3, 7, 11, 14]


def test_convolutions_before_batch_normalisation_have_no_bias() -> None:
    names = set(ResNet(width=2, norm="batch").state_dict())
    assert "model.26.bias" in names  # the last one is not normalised
    before_norms = ("model.1", "model.4", "model.10.conv_block.1", "model.19")
    assert not {f"{layer}.bias" for layer in before_norms} & names
    assert "model.1.bias" in ResNet(width=2).state_dict()
    unet = UNet(width=2, depth=3)
    assert [down.bias is None for down in unet.downs] == [True] * 3
    assert [up.bias is None for up in unet.ups] == [False, True, True]
    assert all(layer.bias is not None for layer in [*UNet(depth=3, norm="instance").downs])


# Shapes and ranges


@pytest.mark.parametrize("antialias", [False, True])
def test_256_pixels_give_30_by_30_logits(antialias: bool) -> None:
    logits = PatchGAN(6, 2, norm="batch", antialias=antialias)(noise(1, 6, 256, 256))
    assert logits.shape == (1, 1, 30, 30)


@pytest.mark.parametrize(("layers", "pixels"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_judges_a_patch_of_the_published_size(layers: int, pixels: int) -> None:
    network = PatchGAN(1, 2, layers, norm="none")
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)
    picture = torch.ones(1, 1, 224, 224, requires_grad=True)
    logits = network(picture)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    assert picture.grad is not None
    seen = picture.grad[0, 0] != 0
    assert int(seen.any(0).sum()) == int(seen.any(1).sum()) == pixels
    assert int(seen.sum()) == pixels**2


def test_pixelgan_judges_every_pixel_alone() -> None:
    network = PixelGAN(3, 4, norm="none")
    picture = noise(2, 3, 9, 7).requires_grad_()
    logits = network(picture)
    assert logits.shape == (2, 1, 9, 7)
    logits[1, 0, 4, 2].backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum(1).nonzero().tolist() == [[1, 4, 2]]


@pytest.mark.parametrize("depth", [1, 2, 5, 6])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_unet_of_any_depth_keeps_the_size(depth: int, norm: str) -> None:
    height, width = 2**depth, 3 * 2**depth
    with torch.no_grad():
        result = UNet(1, 2, 2, depth, norm)(noise(2, 1, height, width))
    assert result.shape == (2, 2, height, width)
    assert float(result.abs().max()) <= 1


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_resnet_keeps_the_size(antialias: bool, norm: str) -> None:
    network = ResNet(1, 2, 2, 1, norm, dropout=True, antialias=antialias)
    with torch.no_grad():
        result = network(noise(2, 1, 16, 28))
    assert result.shape == (2, 2, 16, 28)


@pytest.mark.parametrize("network", [UNet(width=2, depth=3), ResNet(width=2, blocks=1)])
def test_results_stay_between_minus_one_and_one(network: nn.Module) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(300)
        result = network(3 * noise(1, 3, 32, 32))
    assert 0.9 < float(result.abs().max()) <= 1


def test_a_unet_carries_fine_detail_past_its_bottleneck() -> None:
    torch.manual_seed(0)
    network = UNet(1, 1, 4, 4, norm="none", dropout=False)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            nn.init.normal_(parameter, 0.0, 0.3)
    nn.init.zeros_(network.ups[-1].weight)  # nothing comes up from the innermost level
    picture = noise(1, 1, 32, 32)
    with torch.no_grad():
        assert float((network(picture) - network(picture.flip(3))).abs().mean()) > 1e-3


# Dropout


@pytest.mark.parametrize(("depth", "sides"), [(8, [4, 8, 16]), (7, [4, 8]), (6, [4]), (5, [])])
def test_a_unet_drops_out_from_the_fifth_level_on_but_not_at_the_bottleneck(
    depth: int, sides: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = []

    def record(x: Tensor, share: float, training: bool) -> Tensor:
        assert (share, training) == (0.5, True)
        dropped.append(x.shape[-1])
        return x

    monkeypatch.setattr(F, "dropout", record)
    with torch.no_grad():
        UNet(width=1, depth=depth)(noise(1, 3, 2**depth, 2**depth))
        assert dropped == sides
        UNet(width=1, depth=depth, dropout=False)(noise(1, 3, 2**depth, 2**depth))
        assert dropped == sides


@pytest.mark.parametrize(
    "make",
    [
        lambda dropout: UNet(width=2, depth=6, norm="instance", dropout=dropout),
        lambda dropout: ResNet(width=2, blocks=1, dropout=dropout),
    ],
)
def test_dropout_is_at_work_in_training_alone(make: Callable[[bool], nn.Module]) -> None:
    picture = noise(1, 3, 64, 64)
    cases = ((True, True, True), (True, False, False), (False, True, False))
    for dropout, training, differs in cases:
        torch.manual_seed(0)
        network = make(dropout).train(training)
        for parameter in network.parameters():
            if parameter.ndim == 4:
                nn.init.normal_(parameter, 0.0, 0.2)
        with torch.no_grad():
            assert torch.equal(network(picture), network(picture)) != differs


# Initialisation


def test_weights_begin_normal_with_spread_0_02() -> None:
    torch.manual_seed(0)
    for network in (UNet(width=16, depth=5), ResNet(width=16, blocks=2), PatchGAN(3, 16)):
        weights = [value.detach().flatten() for value in network.parameters() if value.ndim == 4]
        every = torch.cat(weights)
        assert float(every.mean()) == pytest.approx(0, abs=3e-4)
        assert float(every.std()) == pytest.approx(0.02, rel=0.02)
        biases = [v for n, v in network.named_parameters() if n.endswith("bias")]
        assert biases
        assert all(not bias.any() for bias in biases)


@pytest.mark.parametrize("network", [ResNet(width=16, blocks=1, init="xavier")])
def test_xavier_spreads_weights_by_the_number_of_inputs_and_outputs(network: nn.Module) -> None:
    state = network.state_dict()
    for name, fan in (("model.7", 9 * (32 + 64)), ("model.10.conv_block.1", 9 * (64 + 64))):
        spread = float(state[f"{name}.weight"].std())
        assert spread == pytest.approx(0.02 * math.sqrt(2 / fan), rel=0.03)
    head = PatchProjection([64]).heads[0]
    assert isinstance(head, nn.Sequential)
    first = head[0].weight
    assert float(first.detach().std()) == pytest.approx(0.02 * math.sqrt(2 / (64 + 256)), rel=0.03)
    assert not head[0].bias.any()


def test_scales_of_batch_normalisation_begin_around_one() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(20_000)
    initialise(norm)
    assert float(norm.weight.detach().mean()) == pytest.approx(1, abs=1e-3)
    assert float(norm.weight.detach().std()) == pytest.approx(0.02, rel=0.03)
    assert not norm.bias.any()


# Norms


def test_looking_does_not_move_the_statistics_but_training_does() -> None:
    norm, reference = BatchNorm(3), nn.BatchNorm2d(3)
    x = 2 * noise(2, 3, 6, 6) + 1
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    with torch.no_grad():
        looked = norm(x)
    assert all(torch.equal(before[name], value) for name, value in norm.state_dict().items())
    trained = norm(x)
    expected = reference(x)
    torch.testing.assert_close(looked, expected)
    torch.testing.assert_close(trained, expected)
    assert not torch.equal(before["running_mean"], norm.running_mean)
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    torch.testing.assert_close(norm.running_var, reference.running_var)
    with torch.no_grad():  # outside of training the gathered statistics are used
        torch.testing.assert_close(norm.eval()(x), reference.eval()(x))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_instance_norm_is_pytorchs(count: int, layout: torch.memory_format) -> None:
    x = (3 * noise(count, 5, 6, 7) - 1).contiguous(memory_format=layout)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    found, expected = InstanceNorm(5)(one), nn.InstanceNorm2d(5)(other)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    toward = noise(*x.shape, seed=1)
    (found * toward).sum().backward()
    (expected * toward).sum().backward()
    torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4)
    assert found.is_contiguous(memory_format=layout)
    assert not list(InstanceNorm(5).state_dict())


# Resampling


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (6, 5), (2, 3)])
def test_blur_down_is_a_strided_convolution_with_reflected_borders(size: tuple[int, int]) -> None:
    line = torch.tensor([1.0, 2, 1])
    kernel = (torch.outer(line, line) / 16).expand(3, 1, 3, 3)
    x = noise(2, 3, *size)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=3)
    found = BlurDown()(x)
    assert found.shape[-2:] == ((size[0] + 1) // 2, (size[1] + 1) // 2)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 4)])
def test_blur_up_is_a_transposed_convolution_with_replicated_borders(size: tuple[int, int]) -> None:
    line = torch.tensor([1.0, 3, 3, 1])
    kernel = (4 * torch.outer(line, line) / 64).expand(3, 1, 4, 4)
    x = noise(2, 3, *size)
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    # As in the paper's code, which cuts a pixel off each side.
    whole = F.conv_transpose2d(padded, kernel, stride=2, padding=2, groups=3)
    found = BlurUp()(x)
    assert found.shape[-2:] == (2 * size[0], 2 * size[1])
    torch.testing.assert_close(found, whole[:, :, 1:-1, 1:-1])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (9, 8)])
def test_the_unets_doubling_is_a_transposed_convolution(bias: bool, size: tuple[int, int]) -> None:
    layer = UpConv(6, 4, bias)
    if layer.bias is not None:
        nn.init.normal_(layer.bias)
    x = noise(2, 6, *size)
    results = []
    for way in (layer, lambda y: F.conv_transpose2d(y, layer.weight, layer.bias, 2, 1)):
        given = x.clone().requires_grad_()
        result = way(given)
        gradients = torch.autograd.grad(
            (result * noise(2, 4, 2 * size[0], 2 * size[1], seed=1)).sum(),
            [given, *layer.parameters()],
        )
        results.append((result, *gradients))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_stylegans_blur_keeps_flat_areas_and_size() -> None:
    flat = torch.full((1, 2, 9, 9), 3.0)
    found = blur(flat, (2, 1))
    assert found.shape == flat.shape
    torch.testing.assert_close(found[:, :, 2:-2, 2:-2], flat[:, :, 2:-2, 2:-2])
    dot = torch.zeros(1, 1, 7, 7)
    dot[0, 0, 3, 3] = 1
    line = torch.tensor([1.0, 3, 3, 1]) / 8
    torch.testing.assert_close(blur(dot, (2, 1))[0, 0, 2:6, 2:6], torch.outer(line, line))


# Features on the way


def on_the_way(network: nn.Module, layers: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What each of `layers` gives while the whole network runs."""
    found: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, result: found.append(result.clone()))
        for layer in layers
    ]
    network(x)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize(
    ("antialias", "numbers"), [(True, (0, 4, 8, 12, 13)), (False, (0, 4, 7, 10, 11))]
)
@pytest.mark.parametrize("norm", ["instance", "none"])
def test_features_are_what_the_layers_give(
    antialias: bool, numbers: tuple[int, ...], norm: str
) -> None:
    network = ResNet(width=4, blocks=2, norm=norm, antialias=antialias)
    x = noise(2, 3, 16, 20)
    with torch.no_grad():
        whole = on_the_way(network, network.model, x)
        encoded = network.encode(x, numbers)
        result, features = network(x, numbers)
    assert torch.equal(result, whole[-1])
    for number, one, other in zip(numbers, encoded, features, strict=True):
        torch.testing.assert_close(one, whole[number])
        torch.testing.assert_close(other, whole[number])


def test_any_layer_of_the_encoder_can_be_asked_for() -> None:
    network = ResNet(width=4, blocks=2, antialias=True)
    x, numbers = noise(1, 3, 16, 20), range(14)
    with torch.no_grad():
        whole = on_the_way(network, network.model, x)
        for number, feature in zip(numbers, network.encode(x, numbers), strict=True):
            torch.testing.assert_close(feature, whole[number], msg=f"layer {number}")


def test_nothing_is_computed_beyond_the_last_feature() -> None:
    network = ResNet(width=2, blocks=2)
    reached = []
    for number, layer in enumerate(network.model):
        layer.register_forward_hook(lambda *_, number=number: reached.append(number))
    network.encode(noise(1, 3, 16, 16), (0, 4, 7))
    assert reached == list(range(8))


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


# SinCUT


@pytest.mark.parametrize("size", [(34, 50), (64, 18), (16, 16)])
def test_sincut_keeps_the_size(size: tuple[int, int]) -> None:
    with torch.no_grad():
        assert SinCUTGenerator(4, 3)(noise(2, 3, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("size", [16, 64])
def test_sincut_judges_a_crop_as_a_whole(size: int) -> None:
    with torch.no_grad():
        assert StyleGAN2Discriminator(size, 4)(noise(3, 3, size, size)).shape == (3, 1)


def test_sincuts_features_count_from_the_picture_itself() -> None:
    network = SinCUTGenerator(4, 6)
    x, numbers = noise(1, 3, 16, 12), (0, 1, 2, 5)
    with torch.no_grad():
        whole = on_the_way(network, network.encoder, x)
        encoded = network.encode(x, numbers)
        result, features = network(x, numbers)
        assert torch.equal(result, network(x))
    assert torch.equal(encoded[0], x)
    shapes = [tuple(feature.shape[1:]) for feature in encoded]
    assert shapes == [(3, 16, 12), (4, 16, 12), (8, 8, 6), (8, 8, 6)]
    for number, one, other in zip(numbers, encoded, features, strict=True):
        assert torch.equal(one, whole[number])
        assert torch.equal(other, whole[number])


def test_sincuts_noise_has_no_effect_until_its_strength_is_learnt() -> None:
    network = SinCUTGenerator(4, 2)
    x = noise(1, 3, 16, 16)
    assert torch.equal(network(x), network(x))
    for layer in network.modules():
        if isinstance(layer, DemodulatedUp):
            nn.init.constant_(layer.noise, 0.5)
    assert not torch.equal(network(x), network(x))


def test_demodulation_takes_the_size_of_the_weights_away() -> None:
    torch.manual_seed(0)
    layer = DemodulatedUp(6, 4)
    x = noise(1, 6, 32, 32)
    with torch.no_grad():
        before = layer(x)
        layer.weight.mul_(3)
        torch.testing.assert_close(layer(x), before, atol=1e-4, rtol=1e-4)
    assert before.shape == (1, 4, 64, 64)


def test_doubling_is_a_transposed_convolution_a_blur_and_an_activation() -> None:
    torch.manual_seed(0)
    layer = DemodulatedUp(3, 2)
    nn.init.normal_(layer.bias)
    x = noise(1, 3, 5, 6)
    weight = layer.weight / layer.weight.square().sum((1, 2, 3), keepdim=True).sqrt()
    line = torch.tensor([1.0, 3, 3, 1])
    kernel = (torch.outer(line, line) / 16).expand(2, 1, 4, 4)  # of four pixels three are new
    up = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    expected = F.conv2d(up, kernel, layer.bias, padding=1, groups=2)
    expected = F.leaky_relu(expected, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x), expected)


def test_sincuts_layers_keep_the_spread_of_what_goes_in() -> None:
    torch.manual_seed(0)
    network = SinCUTGenerator(32, 4)
    with torch.no_grad():
        x = noise(1, 3, 32, 32)
        spreads = [float(f.square().mean().sqrt()) for f in network.encode(x, (1, 2, 3, 4))]
    assert all(0.5 < spread < 2 for spread in spreads)


# pix2pixHD in small


def test_a_blur_by_hand_keeps_brightness_up_to_the_border() -> None:
    line = torch.tensor([1.0, 2, 1]) / 4
    dot = torch.zeros(1, 2, 5, 5)
    dot[0, 1, 2, 2] = 1
    found = blur_pixels(dot)
    torch.testing.assert_close(found[0, 1, 1:4, 1:4], torch.outer(line, line))
    assert not found[0, 0].any()  # channels do not mix
    corner = torch.zeros(1, 1, 4, 4)
    corner[0, 0, 0, 0] = 16
    # Replicated, three of its four neighbours in a row are the corner itself: 1/4 + 1/2.
    assert blur_pixels(corner)[0, 0, :2, :2].tolist() == [[9, 3], [3, 1]]


def alternating(x: Tensor) -> float:
    """How strongly the columns (N, C, H, W) alternate, off the borders."""
    signs = torch.tensor([1.0, -1]).repeat(x.shape[-1] // 2)
    window = torch.hann_window(x.shape[-1], periodic=False)
    return float((x * signs * window).sum(-1).abs().mean() / x.std())


def test_antialias_takes_out_what_alternates_and_adds_no_weights() -> None:
    torch.manual_seed(0)
    plain = UNet(width=4, depth=3, norm="none", dropout=False)
    smooth = UNet(width=4, depth=3, norm="none", dropout=False, antialias=True)
    smooth.load_state_dict(plain.state_dict())
    x = noise(1, 3, 64, 64)
    with torch.no_grad():
        rough, even = (network.features(x)[:, 4:] for network in (plain, smooth))
        assert alternating(even) < 0.1 * alternating(rough)
        features = noise(1, 8, 16, 16)
        assert torch.equal(plain.finish(features), smooth.finish(features))  # the last is not


@pytest.mark.parametrize("depth", [2, 4])
def test_features_are_what_the_last_doubling_is_given(depth: int) -> None:
    network = UNet(1, 2, 3, depth, norm="instance", dropout=False, antialias=True)
    x = noise(2, 1, 2**depth, 3 * 2**depth)
    with torch.no_grad():
        features = network.features(x)
        assert features.shape == (2, 6, 2**depth // 2, 3 * 2**depth // 2)
        assert torch.equal(network.finish(features).tanh(), network(x))


def test_a_code_scales_and_shifts_channels() -> None:
    network = UNet(width=2, depth=3, norm="none", dropout=False, code=2)
    plain = UNet(width=2, depth=3, norm="none", dropout=False)
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if "styles" not in k})
    x = noise(2, 3, 16, 16)
    with torch.no_grad():
        # Untrained, a code of zeros says nothing, as does none.
        torch.testing.assert_close(network(x, torch.zeros(2, 2)), plain(x))
        assert torch.equal(network(x), plain(x))
        # Each picture by its own: scaled by 1 + (−1, 2), shifted by (5, 7) times the first number.
        style = network.styles[0]
        assert isinstance(style, nn.Linear)
        style.weight.zero_()
        style.weight[:, 0] = torch.tensor([-1.0, 2, 5, 7])
        for later in network.styles[1:]:
            later.weight.zero_()
        before = plain.features(x)
        found = network.features(x, torch.tensor([[1.0, 9], [0, 9]]))
    assert torch.equal(found[0, 2], torch.full((8, 8), 5.0))
    torch.testing.assert_close(found[0, 3], 3 * before[0, 3] + 7)
    torch.testing.assert_close(found[1], before[1])
    assert torch.equal(found[:, :2], before[:, :2])  # what skips is left alone


def test_noise_is_the_same_in_all_channels_and_as_strong_as_learnt() -> None:
    layer = Noise(3)
    x = noise(2, 3, 50, 50)
    assert torch.equal(layer(x), x)
    with torch.no_grad():
        layer.strength.copy_(torch.tensor([0.0, 1, 2]).view(3, 1, 1))
    torch.manual_seed(4)
    added = (layer(x) - x).detach()
    assert not added[:, 0].any()
    torch.testing.assert_close(added[:, 2], 2 * added[:, 1])
    assert float((added[0, 1] - added[1, 1]).std()) > 1  # every picture gets its own
    assert float(added[:, 1].std()) == pytest.approx(1, rel=0.05)
    network = UNet(width=2, depth=3, dropout=False, noise=True)
    picture = noise(1, 3, 16, 16)
    assert torch.equal(network(picture), network(picture))
    for module in network.modules():
        if isinstance(module, Noise):
            nn.init.ones_(module.strength)
    assert not torch.equal(network(picture), network(picture))


def test_the_enhancer_adds_to_the_enlarged_coarse_picture() -> None:
    torch.manual_seed(0)
    network = Pix2PixHDGenerator(1, 3, 4, 3, 5)  # an odd width as well
    nn.init.zeros_(network.last.weight)
    with torch.no_grad():
        nn.init.constant_(network.coarse.ups[0].weight, 0.0)
        network.coarse.ups[0].bias.copy_(torch.tensor([0.5, -0.5, 0]))
        network.last.bias.copy_(torch.tensor([0.25, 0, 1]))
        x = noise(1, 1, 32, 16)
        coarse, whole = network(x, coarse=True), network(x)
    assert (coarse.shape, whole.shape) == ((1, 3, 16, 8), (1, 3, 32, 16))
    for found, wanted in ((coarse, [0.5, -0.5, 0]), (whole, [0.75, -0.5, 1])):
        flat = torch.tensor(wanted).tanh().view(1, 3, 1, 1).expand_as(found)
        torch.testing.assert_close(found, flat)


def test_the_coarse_stage_teaches_the_coarse_network_alone() -> None:
    network = Pix2PixHDGenerator(3, 3, 4, 3, 4, code=2, noise=True)
    for coarse in (True, False):
        network.zero_grad()
        network(noise(2, 3, 32, 32), noise(2, 2), coarse=coarse).square().sum().backward()
        taught = {n.split(".")[0] for n, p in network.named_parameters() if p.grad is not None}
        enhancer = {"widen", "refine", "enlarge", "whole", "last", "noises"}
        assert taught == ({"coarse"} if coarse else {"coarse", *enhancer})


def test_a_code_is_carried_from_the_coarse_picture_into_the_fine_one() -> None:
    torch.manual_seed(0)
    network = Pix2PixHDGenerator(3, 3, 8, 3, 8, code=2)
    x = noise(1, 3, 32, 32)
    for coarse in (True, False):
        with torch.no_grad():
            results = [network(x, code * torch.ones(1, 2), coarse) for code in (0, 0, 30)]
        assert torch.equal(results[0], results[1])
        assert not torch.allclose(results[0], results[2], atol=1e-4)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("norm", ["instance", "none"])
def test_a_discriminators_features_are_what_its_activations_give(
    antialias: bool, norm: str
) -> None:
    judge = PatchGAN(2, 3, 2, norm=norm, antialias=antialias)
    x = noise(2, 2, 32, 24)
    activations = nn.Sequential(*(m for m in judge.model if isinstance(m, nn.LeakyReLU)))
    with torch.no_grad():
        expected = [*on_the_way(judge, activations, x), judge(x)]
        found = judge.features(x)
    assert [f.shape[1] for f in found] == [3, 6, 12, 1]
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


# The code of colours


def test_a_colour_code_by_hand() -> None:
    """Two even greys lie 0.5 from their mean in 48 values: a deviation of √(2 · 48 · 0.5²) = √24.
    Along the direction of ones, 1/√48 each, a grey of 0.5 is at 0.5 · √48, which is √½ of them."""
    code = ColourCode(3)
    code.measure([torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 20, 12), -0.5)])
    assert not code.mean.any()
    found = code(torch.full((2, 3, 16, 16), 0.5))
    assert found.shape == (2, 3)
    assert found[0].abs().tolist() == pytest.approx([0.5**0.5, 0, 0], abs=1e-5)
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(code(torch.full((1, 3, 4, 4), -0.25)), -found[:1] / 2)


def test_a_colour_code_knows_where_a_colour_is_but_not_its_detail() -> None:
    left, right = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    left[..., :8] = right[..., 8:] = 1
    code = ColourCode(2)
    code.measure([left, right, torch.ones(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)])
    assert float((code(left) - code(right)).norm()) > 1
    stripes = torch.zeros(1, 3, 16, 16)
    stripes[..., ::2, :] = 1
    torch.testing.assert_close(code(stripes), code(torch.full((1, 3, 16, 16), 0.5)))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_few_pictures_do_not_differ_in_is_not_blown_up(count: int) -> None:
    """Crops of one photograph differ from it; divided by a spread of nothing they were hundreds."""
    pictures = [0.8 * noise(1, 3, 36, 36, seed=seed).clamp(-1, 1) for seed in range(count)]
    code = ColourCode(8)
    code.measure(pictures)
    crops = torch.cat([picture[..., :32, 4:] for picture in pictures])
    assert float(code(crops).abs().max()) < 10
    assert int((code.basis.norm(dim=0) > 0).sum()) == count - 1
    code.measure(pictures[:1] * 5)
    assert not code(crops).any()


def test_a_colour_code_of_grey_pictures_and_of_none() -> None:
    grey = [torch.full((1, 1, 8, 8), value) for value in (-0.5, 0.5)]
    one, other = ColourCode(2), ColourCode(2)
    one.measure(grey)
    other.measure([picture.expand(-1, 3, -1, -1) for picture in grey])
    torch.testing.assert_close(one(grey[1]), other(grey[1].expand(-1, 3, -1, -1)))
    before = one.basis.clone()
    one.measure([])
    assert torch.equal(one.basis, before)


def test_drawn_codes_depend_on_the_seed_alone() -> None:
    code = ColourCode(40)
    torch.manual_seed(1)
    first = code.draw(2**32)
    torch.manual_seed(2)
    assert torch.equal(first, code.draw(2**32))
    drawn = torch.cat([code.draw(seed) for seed in range(1, 60)])
    assert drawn.shape == (59, 40)
    assert len(drawn.unique(dim=0)) == 59
    assert float(drawn.abs().max()) == 1.5
    assert float(drawn.mean()) == pytest.approx(0, abs=0.05)
    assert 0.7 < float(drawn.std()) < 1  # cut off
    assert torch.equal(code.draw(0), torch.zeros(1, 40))


def test_a_generator_begins_at_the_smoothed_picture() -> None:
    """With detail switched off, tones are what is left: the picture without what is smaller."""
    network = ResNet(3, 3, 4, 1, tone=8)
    nn.init.zeros_(network.model[-1].weight)
    x = torch.zeros(1, 3, 64, 64)
    x[..., 32:] = 0.6
    fine = 0.3 * torch.tensor([1.0, -1.0]).repeat(32)
    made = network(x + fine)
    assert made.abs().max() < 1
    assert torch.allclose(made[..., :16], torch.zeros(()), atol=0.02)
    assert torch.allclose(made[..., 48:], torch.tensor(0.6), atol=0.02)
    middle = made[0, 0, 32]
    assert (middle.diff() > -0.02).all()  # from dark to light without ringing
    assert (middle.diff() < 0.1).all()


def test_tones_are_translated_by_how_light_they_are() -> None:
    """What instance norms cannot do: a dark and a light picture are told apart."""
    torch.manual_seed(0)
    network = LowFrequencyNet(3, 4, 8)
    nn.init.normal_(network.model[-1].weight, 0, 0.3)
    dark, light = (torch.full((1, 3, 32, 32), value) for value in (-0.8, 0.8))
    change = [network(x).tanh() - x for x in (dark, light)]
    assert (change[0] - change[1]).abs().max() > 0.01


def test_a_discriminator_of_tones_sees_how_light_a_picture_is() -> None:
    torch.manual_seed(0)
    network = PatchGAN(3, 4, 3, tone=8)
    x = torch.rand(1, 3, 128, 128) * 0.5
    before, after = network(x), network(x + 0.4)
    assert before.shape == (1, 2, 14, 14)
    assert (before[0, 1:] - after[0, 1:]).abs().max() > 3e-3
    assert torch.equal(network.model(x), before[:, :1])
    assert PatchGAN(3, 4, 3)(x).shape == (1, 1, 14, 14)
