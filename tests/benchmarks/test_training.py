"""The benchmark of training: the plain loops are the same learning, and its tables are true."""

import re

import pytest
import torch

from benchmarks import training
from benchmarks.training import OURS, PLAIN


@pytest.mark.parametrize("name", training.COMPARED)
def test_ours_and_the_plain_loop_have_the_same_losses(name: str) -> None:
    # The default sizes; equal but for the rounding of the numbers that are reported.
    assert training.same_losses(name, steps=4) < 1e-6


def test_another_loop_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = training.make

    def slower(*arguments: int | str) -> object:
        method = real(*arguments)  # type: ignore[arg-type]
        for optimizer in method.fit_state.optimizers.values():  # type: ignore[union-attr]
            optimizer.lr *= 0.99
        return method

    monkeypatch.setattr(training, "make", slower)
    assert training.same_losses("pix2pix", steps=3) > 1e-6


def test_both_ways_are_timed_step_by_step() -> None:
    costs = training.compare("pix2pix", 32, 4, 3)
    assert set(costs) == {PLAIN, OURS}
    for cost in costs.values():
        assert len(cost.step) == len(cost.translation) == 2
        assert min(cost.step + cost.translation) > 0
    first = training.largest_difference(costs[OURS].losses[:1], costs[PLAIN].losses[:1])
    assert first < 1e-5


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    threads = str(torch.get_num_threads())
    command = ["--size", "32", "--width", "4", "--steps", "3", "--threads", threads]
    training.main([*command, "--methods", "pix2pix"])
    out = capsys.readouterr().out
    (line,) = [
        line for line in out.splitlines() if line.startswith("| pix2pix | ") and "**" in line
    ]
    ratios = [float(number) for number in re.findall(r"\*\*([\d.]+)\*\*", line)]
    assert len(ratios) == 3
    assert all(0 < ratio < 10 for ratio in ratios)
    (parts,) = [x for x in out.splitlines() if x.startswith("| pix2pix | ") and "%" in x]
    assert sum(int(share) for share in re.findall(r"(\d+) %", parts)) == pytest.approx(100, abs=4)
    assert re.search(r"Data: [\d.]+ ms", out)


def test_shares_add_up_to_all() -> None:
    found = training.shares({"aten::convolution_backward": 6.0, "aten::mm": 1.0, "aten::x": 3.0})
    assert found["convolutions"] == pytest.approx(0.6)
    assert found["the rest"] == pytest.approx(0.3)
    assert sum(found.values()) == pytest.approx(1)
