"""pix2pix: it learns a pair, its test time, grey, the smallest crops."""

from dataclasses import replace

import numpy as np
import pytest

from i2i_core.errors import InputError
from i2i_core.methods.cut import CUTConfig
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from tests.helpers import SMALL, A, B

LITTLE = {**SMALL, "width": 4}


def test_pix2pix_learns_a_pair() -> None:
    config = Pix2PixConfig(
        width=8, depth=4, discriminator_width=4, crop_size=32, load_size=32, flip=False, steps=120,
        learning_rate=2e-3, dropout=False,
    )  # fmt: skip
    method = Pix2Pix(config)
    first, *_, last = (record.losses["L1"] for record in method.fit(A[:1] * 2, B[:1] * 2))
    assert last < 0.4 * first
    result = np.asarray(method.translate(A[0]), np.int16)
    assert np.abs(result - np.asarray(B[0], np.int16)).mean() < 30


def test_test_time_is_the_papers_or_evaluation() -> None:
    config = Pix2PixConfig(depth=5, **LITTLE)
    method = Pix2Pix(config)
    list(method.fit(A, B))
    paper = method.translate(A[0])
    weights = method.state_dict()
    evaluated = Pix2Pix(replace(config, test_time="eval"))
    evaluated.load_state_dict(weights)
    evaluated.fitted = True
    assert np.asarray(paper).tobytes() != np.asarray(evaluated.translate(A[0])).tobytes()
    assert np.asarray(paper).tobytes() == np.asarray(method.translate(A[0])).tobytes()
    with pytest.raises(InputError, match="paper"):
        replace(config, test_time="train")


def test_grey_pictures_in_and_out() -> None:
    config = Pix2PixConfig(depth=4, in_channels=1, out_channels=1, **LITTLE)
    method = Pix2Pix(config)
    list(method.fit(A, B))
    result = np.asarray(method.translate(A[0]))
    assert (result[..., 0] == result[..., 2]).all()


def test_crops_that_the_discriminator_cannot_judge_are_refused() -> None:
    with pytest.raises(InputError, match="at least 48"):
        CUTConfig(crop_size=32, load_size=32, discriminator_layers=4)
    config = Pix2PixConfig(
        width=4,
        depth=3,
        discriminator_width=4,
        crop_size=24,
        load_size=24,
        steps=1,
        norm="instance",
    )
    list(Pix2Pix(config).fit(A, B))  # the smallest that can
    Pix2PixConfig(depth=3, crop_size=8, load_size=8, discriminator="pixel")
