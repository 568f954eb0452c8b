"""Where tensors live: the graphics card if there is one."""

import torch


def best_device() -> str:
    """Name "cuda" if PyTorch can use a GPU here, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"
