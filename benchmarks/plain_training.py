"""One training step of pix2pix, CycleGAN and CUT written the obvious way, to measure ours against.

Plain networks in PyTorch's default memory layout, Adam without its fused or foreach forms, fresh
translations for every loss that needs them, weights of the discriminator left recording. The random
numbers are drawn so that the losses come out equal to those of `i2i_core.methods`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.plain_networks import PlainPatchGAN, PlainResNet, PlainUNet
from i2i_core.importing.names import unet_names
from i2i_core.method import Method
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.training.loop import seeded

Step = Callable[[Tensor, Tensor, int], dict[str, float]]


def plain_step(method: Method) -> Step:
    """The plain training step that starts from the weights of `method`."""
    if isinstance(method, Pix2Pix):
        return _pix2pix(method)
    if isinstance(method, CycleGAN):
        return _cyclegan(method)
    assert isinstance(method, CUT)
    return _cut(method)


def plain_translator(method: Method) -> nn.Module:
    """The plain generator with the weights of `method`'s."""
    if isinstance(method, Pix2Pix):
        c = method.config
        unet = PlainUNet(3, 3, c.width, c.depth, c.norm, 0.5 if c.dropout else 0.0)
        layers = unet_names(c.depth)
        named = {}
        for name, value in method.generator.state_dict().items():
            layer, kind = name.rsplit(".", 1)
            named[f"{layers[layer]}.{kind}"] = value.clone()
        unet.load_state_dict(named)
        return _as_precise(unet, method.generator)
    antialias = isinstance(method, CUT)
    ours = method.generator if isinstance(method, CUT) else method.generator_ab
    return _same(
        PlainResNet(3, 3, method.config.width, method.config.blocks, antialias=antialias), ours
    )


def _same(plain: nn.Module, ours: nn.Module) -> nn.Module:
    """`plain` with the weights of `ours`; only fixed filters are its own."""
    weights = {name: value.clone() for name, value in ours.state_dict().items()}
    left = plain.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys
    assert all(name.endswith("filt") for name in left.missing_keys)
    return _as_precise(plain, ours)


def _as_precise(plain: nn.Module, ours: nn.Module) -> nn.Module:
    return plain.to(next(ours.parameters()).dtype)


def _adam(parameters: Iterable[nn.Parameter], method: Method) -> torch.optim.Adam:
    c = method.config
    betas = (c.beta1, c.beta2)
    return torch.optim.Adam(parameters, c.learning_rate, betas, foreach=False, fused=False)


def _discriminator(
    channels: int, method: Method, norm: str, antialias: bool = False
) -> PlainPatchGAN:
    return PlainPatchGAN(channels, method.config.discriminator_width, 3, norm, antialias)


def _pix2pix(method: Pix2Pix) -> Step:
    c = method.config
    g = plain_translator(method)
    d = _same(_discriminator(6, method, c.norm), method.discriminator)
    adam_g, adam_d = _adam(g.parameters(), method), _adam(d.parameters(), method)

    def bce(logits: Tensor, real: bool) -> Tensor:
        target = torch.ones_like(logits) if real else torch.zeros_like(logits)
        return F.binary_cross_entropy_with_logits(logits, target)

    def step(a: Tensor, b: Tensor, number: int) -> dict[str, float]:
        with seeded(c.seed, number):
            fake = g(a).detach()
        loss_d = 0.5 * (bce(d(torch.cat([a, b], 1)), True) + bce(d(torch.cat([a, fake], 1)), False))
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()

        with seeded(c.seed, number):  # the same dropout
            fake = g(a)
        adversarial = bce(d(torch.cat([a, fake], 1)), True)
        near = c.l1_weight * F.l1_loss(fake, b)
        adam_g.zero_grad()
        (adversarial + near).backward()
        adam_g.step()
        return {
            "discriminator": loss_d.item(),
            "adversarial": adversarial.item(),
            "L1": near.item(),
        }

    return step


def _squares(logits: Tensor, real: bool) -> Tensor:
    target = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.mse_loss(logits, target)


def _cyclegan(method: CycleGAN) -> Step:
    c = method.config
    assert method.generator_ba is not None
    g_ab = _same(PlainResNet(3, 3, c.width, c.blocks), method.generator_ab)
    g_ba = _same(PlainResNet(3, 3, c.width, c.blocks), method.generator_ba)
    d_a = _same(_discriminator(3, method, c.norm), method.discriminator_a)
    d_b = _same(_discriminator(3, method, c.norm), method.discriminator_b)
    adam_g = _adam(itertools.chain(g_ab.parameters(), g_ba.parameters()), method)
    adam_d = _adam(itertools.chain(d_a.parameters(), d_b.parameters()), method)

    def step(a: Tensor, b: Tensor, _number: int) -> dict[str, float]:
        # For the discriminators; the image pool gives back what it gets until it is full.
        old_b, old_a = g_ab(a).detach(), g_ba(b).detach()

        fake_b, fake_a = g_ab(a), g_ba(b)
        adversarial = _squares(d_b(fake_b), True) + _squares(d_a(fake_a), True)
        there_and_back = F.l1_loss(g_ba(fake_b), a) + F.l1_loss(g_ab(fake_a), b)
        same = F.l1_loss(g_ab(b), b) + F.l1_loss(g_ba(a), a)
        cycle, identity = c.cycle_weight * there_and_back, c.identity_weight * same
        adam_g.zero_grad()
        (adversarial + cycle + identity).backward()
        adam_g.step()

        loss_a = 0.5 * (_squares(d_a(a), True) + _squares(d_a(old_a), False))
        loss_b = 0.5 * (_squares(d_b(b), True) + _squares(d_b(old_b), False))
        adam_d.zero_grad()
        (loss_a + loss_b).backward()
        adam_d.step()
        return {
            "adversarial": adversarial.item(),
            "cycle": cycle.item(),
            "identity": identity.item(),
            "discriminator": (loss_a + loss_b).item(),
        }

    return step


def _cut(method: CUT) -> Step:
    c = method.config
    g = plain_translator(method)
    d = _same(_discriminator(3, method, c.norm, antialias=True), method.discriminator)
    heads = nn.ModuleList(
        nn.Sequential(
            nn.Linear(head[0].in_features, c.nce_width),
            nn.ReLU(),
            nn.Linear(c.nce_width, c.nce_width),
        )
        for head in method.projection.heads
    )
    heads.load_state_dict(method.projection.heads.state_dict())
    _as_precise(heads, method.projection)
    adam_g, adam_d = _adam(g.parameters(), method), _adam(d.parameters(), method)
    adam_f = _adam(heads.parameters(), method)

    def encode(x: Tensor) -> list[Tensor]:
        features = []
        for number, layer in enumerate(g.model[: max(c.nce_layers) + 1]):
            x = layer(x)
            if number in c.nce_layers:
                features.append(x)
        return features

    def contrast(source: Tensor, translation: Tensor) -> Tensor:
        queries, keys = encode(translation), encode(source)
        places = [torch.randperm(k.shape[2] * k.shape[3])[: c.nce_patches] for k in keys]
        losses = []
        for query, key, place, head in zip(queries, keys, places, heads, strict=True):
            q = F.normalize(head(query.flatten(2)[0, :, place].T), dim=1)
            k = F.normalize(head(key.flatten(2)[0, :, place].T), dim=1).detach()
            losses.append(F.cross_entropy(q @ k.T / c.temperature, torch.arange(len(q))))
        return sum(losses, torch.zeros(())) / len(losses)

    def step(a: Tensor, b: Tensor, number: int) -> dict[str, float]:
        fake = g(a).detach()
        loss_d = 0.5 * (_squares(d(b), True) + _squares(d(fake), False))
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()

        with seeded(c.seed, number):  # the same places
            fake, same = g(a), g(b)
            adversarial = _squares(d(fake), True)
            nce = 0.5 * c.nce_weight * contrast(a, fake)
            nce_identity = 0.5 * c.nce_weight * contrast(b, same)
        adam_g.zero_grad()
        adam_f.zero_grad()
        (adversarial + nce + nce_identity).backward()
        adam_g.step()
        adam_f.step()
        return {
            "discriminator": loss_d.item(),
            "adversarial": adversarial.item(),
            "NCE": nce.item(),
            "NCE identity": nce_identity.item(),
        }

    return step
