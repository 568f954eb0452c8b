"""Optimisers, learning rate schedule, mixed precision, and a check that nothing went wrong."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from i2i_core.devices import distributed
from i2i_core.errors import InputError

REMEDY = (
    "Nothing after the last good step is kept. Go on from the last saved state with half the "
    "learning rate, or a larger batch; look for pictures of a single colour among the data."
)


class DivergedError(InputError):
    """A fit that has gone wrong: what it has by now is not worth keeping."""


class Optimizer:
    """Adam for one or more networks, fused, which on the CPU is five times faster: a step reads and
    writes each weight and both of its moments. On CUDA losses are scaled as float16 needs."""

    def __init__(
        self, networks: Sequence[nn.Module], lr: float, betas: tuple[float, float] = (0.5, 0.999)
    ) -> None:
        self.networks, self.lr, self.betas = networks, lr, betas
        self.scaler = torch.amp.GradScaler("cuda", enabled=half_type() == torch.float16)

    @cached_property
    def parameters(self) -> list[nn.Parameter]:
        """Listed when first needed: a model from a file gets its weights after it was built."""
        return [p for network in self.networks for p in network.parameters()]

    @cached_property
    def adam(self) -> torch.optim.Adam:
        """Made when first needed: only fits need it, and it imports PyTorch's compiler."""
        return torch.optim.Adam(self.parameters, self.lr, self.betas, fused=True)

    def minimize(
        self, terms: Mapping[str, Tensor], step: int, lr_factor: float = 1.0
    ) -> dict[str, float]:
        """Step down the gradient of the sum of `terms`, and return them as plain numbers. Raises
        DivergedError, before anything is changed, if one is not finite."""
        values = check_finite(terms, step)
        self.update(torch.stack([*terms.values()]).sum(), step, lr_factor)
        return values

    def update(self, loss: Tensor, step: int, lr_factor: float = 1.0) -> None:
        """Step down the gradient of `loss`; `step` is for the message if that is not finite."""
        self.adam.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        for group in self.adam.param_groups:
            group["lr"] = self.lr * lr_factor
        if not self.scaler.is_enabled():  # with it, steps with infinite gradients are left out
            gradients = [p.grad for p in self.parameters if p.grad is not None]
            largest = torch.stack(torch._foreach_norm(gradients)).max()
            if not torch.isfinite(largest):
                raise DivergedError(f"A gradient became infinite at step {step}. {REMEDY}")
        self._follow_weights()
        self.scaler.step(self.adam)
        self.scaler.update()

    def _follow_weights(self) -> None:
        """Moments from a file, or made before the weights moved, go where the weights lie."""
        for parameter, moments in self.adam.state.items():
            moments["step"] = moments["step"].to(parameter.device)
            for key in ("exp_avg", "exp_avg_sq"):
                old = moments[key]
                if old.device != parameter.device or old.stride() != parameter.stride():
                    moments[key] = torch.empty_like(parameter).copy_(old)

    def tensors(self) -> dict[str, Tensor]:
        """Moments and step counts by "number of the weight.name"."""
        state = self.adam.state_dict()["state"]
        tensors = {f"{i}.{key}": v for i, entry in state.items() for key, v in entry.items()}
        if self.scaler.is_enabled():
            tensors["scale"] = torch.tensor(self.scaler.get_scale())
        return tensors

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            number, _, key = name.partition(".")
            if key:
                state.setdefault(int(number), {})[key] = value
        self.adam.load_state_dict({**self.adam.state_dict(), "state": state})
        if self.scaler.is_enabled() and "scale" in tensors:
            scale = float(tensors["scale"])
            self.scaler.load_state_dict({**self.scaler.state_dict(), "scale": scale})


def check_finite(losses: Mapping[str, Tensor], step: int) -> dict[str, float]:
    """The losses as plain numbers, fetched from the device at once. Raises DivergedError, naming
    the step, when one is infinite or not a number: call it before they change the weights."""
    values = torch.stack([value.detach().float() for value in losses.values()])
    # All processes stop together, or the others would wait for this one's gradients.
    anywhere = distributed.smallest(torch.isfinite(values).float()).tolist()
    bad = [name for name, finite in zip(losses, anywhere, strict=True) if not finite]
    if bad:
        raise DivergedError(f"The loss {bad[0]} became infinite at step {step}. {REMEDY}")
    return dict(zip(losses, values.tolist(), strict=True))


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """Without gradients for the networks' own weights: they only pass them on."""
    networks_together = nn.ModuleList(networks).requires_grad_(False)
    try:
        yield
    finally:
        networks_together.requires_grad_(True)


def linear_decay(step: int, total: int, decay_start: float) -> float:
    """The papers' schedule: the full rate up to `decay_start` (a share of the steps), then a
    straight line to zero, which would be reached one step after the last."""
    start = decay_start * total
    return 1.0 if step < start else 1 - (step - start + 1) / (total - start + 1)


def half_type() -> torch.dtype | None:
    """bfloat16 on graphics cards that have it, float16 on older ones, None without CUDA."""
    if not torch.cuda.is_available():
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.half


def mixed_precision(device: torch.device) -> torch.autocast:
    """Half precision for what follows in the `with`, on CUDA. Processors that compute with bfloat16
    (AVX512_BF16, AMX) train a third faster with it: set I2I_CPU_BFLOAT16=1; others, far slower."""
    kind = half_type() if device.type == "cuda" else None
    if device.type == "cpu" and os.environ.get("I2I_CPU_BFLOAT16") == "1":
        kind = torch.bfloat16
    return torch.autocast(device.type, kind or torch.bfloat16, enabled=kind is not None)


def use_layout(network: nn.Module, layout: torch.memory_format) -> torch.memory_format:
    """Give the network's weights this order in memory, and return it."""
    keywords: dict[str, Any] = {"memory_format": layout}  # which PyTorch's older types do not know
    network.to(**keywords)
    return layout


def fast_layout(device: torch.device) -> torch.memory_format:
    """The order of pixels and channels in memory that convolutions train fastest in."""
    wide = device.type == "cuda" or "AVX512" in torch.backends.cpu.get_cpu_capability()
    return torch.channels_last if wide else torch.contiguous_format
