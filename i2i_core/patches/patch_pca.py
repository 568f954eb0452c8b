"""Patch descriptors: the principal components of a picture's patches, computed as a convolution."""

import torch
import torch.nn.functional as F
from torch import Tensor


class PatchPCA:
    """Projects patches of `size` × `size` pixels on the leading principal components of one
    picture's, centred, and scaled to a total variance of 1 there: guides can be weighed against."""

    def __init__(self, picture: Tensor, size: int, components: int, samples: int = 12000) -> None:
        """Fit to `picture` (1, C, H, W), on at most about `samples` of its patches."""
        self.radius = size // 2
        step = max(1, int((picture.shape[-1] * picture.shape[-2] / samples) ** 0.5))
        patches = F.unfold(pad(picture, self.radius), size, stride=step)[0].T
        mean = patches.mean(0)
        centred = patches - mean
        covariance = centred.T @ centred / len(patches)
        # The eigenvectors' order and accuracy must not depend on the device.
        variance, vectors = torch.linalg.eigh(covariance.double().cpu())
        components = min(components, len(variance))
        basis = vectors[:, -components:].flip(1).T.to(picture)
        total = variance[-components:].sum().clamp_min(0).sqrt().item()
        # A constant picture has no variance: leave its (zero) components alone.
        basis = basis / total if total > 1e-5 else basis * 0
        self.weight = basis.reshape(components, picture.shape[1], size, size).contiguous()
        self.bias = -(basis @ mean)

    def __call__(self, picture: Tensor, stride: int = 1) -> Tensor:
        """Descriptors of the patches centred on every `stride`-th pixel of `picture`
        (1, C, H, W): (ceil(H/stride)·ceil(W/stride), components), row by row."""
        features = F.conv2d(pad(picture, self.radius), self.weight, self.bias, stride=stride)
        return features[0].flatten(1).T.contiguous()


def pad(picture: Tensor, radius: int) -> Tensor:
    """`picture` reflected beyond its borders; one too small for that repeats its border."""
    mode = "reflect" if min(picture.shape[-2:]) > radius else "replicate"
    return F.pad(picture, (radius,) * 4, mode=mode)
