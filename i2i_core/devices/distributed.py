"""Several processes, as `torchrun` starts them, each with its share of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from i2i_core.devices import best_device


def rank() -> int:
    """This process's number, 0 if it is alone."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world() -> int:
    """How many processes there are, 1 without torchrun."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@contextmanager
def processes() -> Iterator[str]:
    """Join the group that torchrun started this process for, and leave it at the end. Gives the
    device to compute on: each process a graphics card of its own, or the CPU."""
    if "RANK" not in os.environ:
        yield best_device()
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if cuda:
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield f"cuda:{local}" if cuda else "cpu"
    finally:
        dist.destroy_process_group()


def smallest(values: Tensor) -> Tensor:
    """The smallest of every process's `values`, place by place; alone, the values themselves."""
    if world() > 1:
        dist.all_reduce(values, dist.ReduceOp.MIN)
    return values


def parallel(network: nn.Module, partly: bool = False) -> nn.Module:
    """`network` so that its gradients are averaged over the processes as they are computed, with
    the first process's weights; alone, itself. `partly`: some steps use only some weights."""
    if world() == 1:
        return network
    wrap = nn.parallel.DistributedDataParallel
    return wrap(network, broadcast_buffers=False, find_unused_parameters=partly)
