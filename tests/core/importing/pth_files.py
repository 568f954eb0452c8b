"""Files as the published programs write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Tensors = dict[str, Tensor]


def saved(content: object, folder: Path, name: str = "latest_net_G.pth", **kind: Any) -> Path:
    """The path of a file with this content, or with the weights of this network."""
    path = folder / name
    if isinstance(content, nn.Module):
        content = content.state_dict()
    torch.save(content, path, **kind)
    return path
