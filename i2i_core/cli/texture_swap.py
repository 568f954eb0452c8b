"""The command swap: the structure of one picture with the texture of another."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from i2i_core.cli.common import run_work
from i2i_core.images.files import open_image, writable


def swap(options: argparse.Namespace) -> None:
    from i2i_core.pipelines.texture_swap import swap as swapped

    out = writable(options.out)
    work = swapped(
        open_image(options.structure),
        open_image(options.texture),
        options.model,
        strength=options.strength,
        detail=options.detail,
        size=options.size,
        seed=options.seed,
    )
    print(run_work(work, out), file=sys.stderr)


def add_swap(commands: Any) -> None:
    """Add the command to the others."""
    c = commands.add_parser(
        "swap",
        help="the structure of one picture with the texture of another",
        description="Give STRUCTURE the texture of TEXTURE: fur, palette, weather.",
    )
    c.add_argument("structure", metavar="STRUCTURE", help="picture whose layout is kept")
    c.add_argument("texture", metavar="TEXTURE", help="picture whose colours and stuff are taken")
    c.add_argument("-o", "--out", required=True, metavar="OUT", help="file to write")
    c.add_argument(
        "--model",
        default="auto",
        help='a swapping autoencoder, "patches", or "auto" (default) for whichever fits both',
    )
    c.add_argument("--strength", type=float, default=1.0, help="0 to 1.5 (default 1)")
    c.add_argument(
        "--detail", type=float, default=1.0, help="of the structure picture, 0 to 1 (default)"
    )
    c.add_argument("--size", type=int, help="shorter side, pixels (default: as was learnt)")
    c.add_argument("--seed", type=int, default=0, help="of patches: another number, another result")
    c.set_defaults(run=swap)
