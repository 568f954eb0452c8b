"""Several processes fit one model: equal weights on each, and fewer steps for each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROWS, fitted

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_two_processes_keep_their_weights_equal_and_share_the_steps(
    name: str, tmp_path: Path
) -> None:
    worker = str(ROOT / "tests" / "core" / "devices" / "ddp_worker.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    subprocess.run(
        [*command, "--nproc-per-node", "2", worker, name, str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        timeout=240,
    )
    one, two = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one["world"] == two["world"] == 2
    assert one["steps"] == two["steps"] == [1, 2]  # of the 4 that one process makes
    assert one["sums"] == two["sums"]
    assert one["losses"] != two["losses"]  # each sees pictures of its own

    alone = fitted(ROWS[name])
    assert one["sums"] != {n: t.double().sum().item() for n, t in alone.named_parameters()}
