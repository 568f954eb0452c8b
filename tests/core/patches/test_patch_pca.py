"""Patch descriptors: centred, of unit variance, and the same patch the same numbers anywhere."""

import pytest
import torch

from i2i_core.patches.patch_pca import PatchPCA


def texture(height: int = 40, width: int = 52, channels: int = 3) -> torch.Tensor:
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_descriptors_are_centred_and_of_unit_total_variance(channels):
    picture = texture(channels=channels)
    features = PatchPCA(picture, 5, 12)(picture)
    assert features.shape == (40 * 52, 12)
    assert features.mean(0).abs().max() < 1e-3
    variance = features.var(0)
    assert float(variance.sum()) == pytest.approx(1, abs=0.01)
    assert (variance[:-1] >= variance[1:] - 1e-6).all()  # the leading component comes first


def test_the_scale_of_the_picture_does_not_matter():
    picture = texture()
    one, other = PatchPCA(picture, 5, 8)(picture), PatchPCA(0.1 * picture, 5, 8)(0.1 * picture)
    torch.testing.assert_close(torch.cdist(one, one), torch.cdist(other, other), atol=1e-3, rtol=0)


def test_all_components_keep_all_distances():
    picture = texture(12, 14, 1)
    features = PatchPCA(picture, 3, 9)(picture).view(12, 14, 9)
    patches = torch.nn.functional.unfold(picture, 3)[0].T  # the patches wholly inside
    inner = features[1:-1, 1:-1].flatten(0, 1)
    ratio = torch.cdist(inner, inner) / torch.cdist(patches, patches).clamp_min(1e-6)
    far = ratio[~torch.eye(len(ratio), dtype=torch.bool)]
    torch.testing.assert_close(far, far.mean().expand_as(far), rtol=0.02, atol=0)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_constant_picture_has_no_features(value):
    flat = torch.full((1, 3, 20, 20), value)
    pca = PatchPCA(flat, 7, 24)
    assert not pca(flat).any()
    assert pca(texture()).isfinite().all()


@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("shape", [(40, 52), (41, 37)])
def test_stride_gives_every_nth_row_of_the_grid(stride, shape):
    picture = texture(*shape)
    pca = PatchPCA(picture, 7, 10)
    every = pca(picture).view(*shape, 10)[::stride, ::stride].flatten(0, 1)
    torch.testing.assert_close(pca(picture, stride), every)


def test_tiny_pictures_and_too_many_components():
    tiny = texture(3, 2)
    features = PatchPCA(tiny, 7, 1000)(tiny)
    assert features.shape == (6, 147)
    assert features.isfinite().all()
