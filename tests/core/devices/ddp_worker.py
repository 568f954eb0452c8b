"""One of several processes that fit a model together; `test_distributed.py` starts them."""

import json
import sys
from pathlib import Path

import torch

from i2i_core.devices import distributed
from tests.helpers import ROWS

if __name__ == "__main__":
    torch.set_num_threads(1)
    with distributed.processes() as device:
        row = ROWS[sys.argv[1]]
        method = row.new().to(device)
        records = list(method.fit(row.a, row.b))
        report = {
            "world": distributed.world(),
            "steps": [record.step for record in records],
            "total": records[-1].total,
            "losses": [record.losses for record in records],
            "sums": {n: t.double().sum().item() for n, t in method.named_parameters()},
        }
        Path(sys.argv[2], f"{distributed.rank()}.json").write_text(json.dumps(report))
