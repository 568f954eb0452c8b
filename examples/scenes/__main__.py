"""Write every starter picture and label map as PNG: `python -m examples.scenes OUT_DIR`."""

import argparse
from pathlib import Path

from examples.scenes import NAMES, draw


def main() -> None:
    """Draw all scenes into a folder: NAME.png and, where there is one, NAME_labels.png."""
    parser = argparse.ArgumentParser(prog="python -m examples.scenes", description=__doc__)
    parser.add_argument("out_dir", type=Path, help="folder to write to; made if missing")
    parser.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other details")
    chosen = parser.parse_args()
    chosen.out_dir.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        scene = draw(name, chosen.size, chosen.seed)
        scene.picture.save(chosen.out_dir / f"{name}.png")
        if scene.labels is not None:
            scene.labels.save(chosen.out_dir / f"{name}_labels.png")
        print(f"{name}: {', '.join(scene.label_names) or 'no labels'}")


if __name__ == "__main__":
    main()
