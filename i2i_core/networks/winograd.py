"""3×3 convolution by Winograd's minimal filtering F(4×4, 3×3): a quarter of the multiplications.

Lavin & Gray 2016 ("Fast algorithms for convolutional neural networks", section 4.3). PyTorch has it
for GPUs only; on processors without AVX-512 the residual blocks of a ResNet train 1.5 to 2 times
faster by this file. The result differs by rounding, about 1e-5 of its largest value."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

TILE = 4  # a side of the result's tiles; the input's overlap by 2
# The paper's matrices: Y = Aᵀ [(G g) ⊙ (Bᵀ d)], in 2D each one's Kronecker product with itself.
_B_T = torch.tensor([
    [4.0, 0, -5,  0, 1, 0],
    [0,  -4, -4,  1, 1, 0],
    [0,   4, -4, -1, 1, 0],
    [0,  -2, -1,  2, 1, 0],
    [0,   2, -1, -2, 1, 0],
    [0,   4,  0, -5, 0, 1],
])  # fmt: skip
_G = torch.tensor([
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
])  # fmt: skip
_A_T = torch.tensor(
    [[1.0, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)
_INPUT = torch.kron(_B_T, _B_T)  # (36, 36)
_KERNEL = torch.kron(_G, _G)  # (36, 9)
_OUTPUT = torch.kron(_A_T, _A_T)  # (16, 36)
MIN_CHANNELS = 96  # below, moving the tiles about costs more than it saves


def pays(x: Tensor, weight: Tensor, height: int, width: int) -> bool:
    """Whether to make a result of `height` × `width` from `x` and `weight` (K, C, 3, 3) this way:
    in training, on a processor without AVX-512, with many channels and sides of whole tiles."""
    return (
        torch.is_grad_enabled()
        and weight.requires_grad
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and min(weight.shape[:2]) >= MIN_CHANNELS
        and height % TILE == width % TILE == 0
        and "AVX512" not in torch.backends.cpu.get_cpu_capability()
    )


class Conv3x3(nn.Conv2d):
    """A 3×3 convolution of a padded picture, (N, C, H + 2, W + 2) to (N, K, H, W): Winograd's, then
    channels-last, where that `pays`, else PyTorch's."""

    def __init__(self, channels_in: int, channels_out: int, bias: bool = True) -> None:
        super().__init__(channels_in, channels_out, 3, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if not pays(x, self.weight, x.shape[-2] - 2, x.shape[-1] - 2):
            return super().forward(x)
        apply: Callable[[Tensor, Tensor], Tensor] = Winograd.apply
        y = apply(x.contiguous(memory_format=torch.channels_last), self.weight)
        return y if self.bias is None else y + self.bias.view(1, -1, 1, 1)


class Winograd(torch.autograd.Function):
    """The convolution and its gradients. In the transformed domain all three are batches of 36
    matrix products; `v` holds tiles of the input, `u` of the kernel, `m` of the result."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _assemble(torch.bmm(_input_tiles(x), _kernel_tiles(weight)), _tiles(x.shape))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        d_x = d_weight = None
        if ctx.needs_input_grad[1]:
            v = _input_tiles(x)  # made anew: kept, they would take twice the memory of x
            d_weight = _kernel_gradient(torch.bmm(v.transpose(1, 2), _output_tiles(gradient)))
        if ctx.needs_input_grad[0]:
            # The full convolution with the kernel turned by 180 degrees.
            height, width = x.shape[-2:]
            extra_h, extra_w = -height % TILE, -width % TILE
            padded = F.pad(gradient, (2, 2 + extra_w, 2, 2 + extra_h))
            u = _kernel_tiles(weight.flip(2, 3).transpose(0, 1))
            d_x = _assemble(torch.bmm(_input_tiles(padded), u), _tiles(padded.shape))
            d_x = d_x[:, :, :height, :width]
        return d_x, d_weight


def _tiles(size: torch.Size) -> tuple[int, int, int]:
    """Pictures, tiles down and tiles across of a padded input of `size`."""
    return size[0], (size[2] - 2) // TILE, (size[3] - 2) // TILE


def _input_tiles(x: Tensor) -> Tensor:
    """Padded input (N, C, H + 2, W + 2) to transformed tiles (36, N·H/4·W/4, C)."""
    channels = x.shape[1]
    tiles = x.permute(0, 2, 3, 1).unfold(1, TILE + 2, TILE).unfold(2, TILE + 2, TILE)
    flat = tiles.permute(4, 5, 0, 1, 2, 3).reshape(36, -1)
    return (_INPUT @ flat).view(36, -1, channels)


def _kernel_tiles(weight: Tensor) -> Tensor:
    """Kernels (K, C, 3, 3) to (36, C, K)."""
    out, channels = weight.shape[:2]
    return (_KERNEL @ weight.permute(2, 3, 1, 0).reshape(9, -1)).view(36, channels, out)


def _assemble(m: Tensor, tiles: tuple[int, int, int]) -> Tensor:
    """Transformed result (36, N·H/4·W/4, K) to a picture (N, K, H, W), channels-last."""
    count, down, across = tiles
    out = m.shape[2]
    y = (_OUTPUT @ m.view(36, -1)).view(TILE, TILE, count, down, across, out)
    y = y.permute(2, 3, 0, 4, 1, 5).reshape(count, down * TILE, across * TILE, out)
    return y.permute(0, 3, 1, 2)


def _output_tiles(gradient: Tensor) -> Tensor:
    """The transpose of `_assemble`: (N, K, H, W) to (36, N·H/4·W/4, K)."""
    count, out, height, width = gradient.shape
    tiles = gradient.permute(0, 2, 3, 1).reshape(
        count, height // TILE, TILE, width // TILE, TILE, out
    )
    flat = tiles.permute(2, 4, 0, 1, 3, 5).reshape(16, -1)
    return (_OUTPUT.T @ flat).view(36, -1, out)


def _kernel_gradient(d_u: Tensor) -> Tensor:
    """The transpose of `_kernel_tiles`: (36, C, K) to (K, C, 3, 3)."""
    channels, out = d_u.shape[1:]
    d_weight = (_KERNEL.T @ d_u.reshape(36, -1)).view(3, 3, channels, out)
    return d_weight.permute(3, 2, 0, 1).contiguous()
