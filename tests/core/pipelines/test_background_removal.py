"""Background removal: what stands out stays, the rest is transparent, the edge is soft."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import i2i_core
from i2i_core.cli.main import main
from i2i_core.errors import InputError
from i2i_core.pipelines.background_removal import pick_object, remove_background


def photograph(size: tuple[int, int], radius: float, count: int = 1) -> Image.Image:
    """Red discs in a row on a grained green ground; `radius` is a share of the shorter side."""
    width, height = size
    y, x = np.indices((height, width)).astype(float)
    inside = np.zeros((height, width), bool)
    for k in range(count):
        inside |= np.hypot(x - (k + 0.5) * width / count, y - height / 2) < radius * min(size)
    grain = np.random.default_rng(0).integers(-25, 26, (height, width, 1))
    ground = np.array((90, 130, 80)) + grain
    sharp = Image.fromarray(np.where(inside[..., None], (210, 40, 30), ground).astype(np.uint8))
    return sharp.filter(ImageFilter.GaussianBlur(0.8))  # as a lens draws edges


@pytest.mark.parametrize(
    ("size", "radius", "count"), [((200, 160), 0.4, 1), ((300, 200), 0.15, 2), ((700, 500), 0.3, 1)]
)
def test_objects_stay_and_the_ground_goes(size: tuple[int, int], radius: float, count: int) -> None:
    photo = photograph(size, radius, count)
    before = photo.tobytes()
    result = remove_background(photo)
    assert photo.tobytes() == before
    assert (result.mode, result.size) == ("RGBA", size)
    pixels, red = np.asarray(result), np.asarray(photo)[..., 0] > 150
    alpha = pixels[..., 3] / 255
    assert np.abs(alpha - red).mean() < 0.02
    assert np.array_equal(pixels[alpha == 1][:, :3], np.asarray(photo)[alpha == 1])
    assert ((alpha > 0.05) & (alpha < 0.95)).any()
    # The ground's green does not shine through where the edge is half transparent.
    edge = pixels[(alpha > 0.2) & (alpha < 1)].astype(int)
    assert (edge[:, 0] > edge[:, 1]).mean() > 0.9


def test_a_picture_of_nothing_is_said_so() -> None:
    with pytest.raises(InputError, match="Nothing stands out"):
        remove_background(Image.new("RGB", (80, 60), "grey"))


def test_it_belongs_to_the_public_face() -> None:
    assert i2i_core.remove_background is remove_background


def test_the_command_writes_a_png_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    photograph((120, 90), 0.3).save("photo.png")
    assert main(["remove-background", "photo.png", "-o", "out.png"]) == 0
    with Image.open("out.png") as result:
        assert (result.mode, result.size) == ("RGBA", (120, 90))
    assert main(["remove-background", "photo.png", "-o", "out.jpg"]) == 2
    assert "out.jpg" in capsys.readouterr().err
    assert not Path("out.jpg").exists()


def test_the_object_at_a_point_is_picked() -> None:
    photo = photograph((300, 200), 0.15, 2)
    mask = np.asarray(pick_object(photo, (0.25, 0.5))) > 0
    red = np.asarray(photo)[..., 0] > 150
    red[:, 150:] = False
    assert mask.shape == (200, 300)
    assert (mask & red).sum() / (mask | red).sum() > 0.85
    with pytest.raises(InputError, match="No object was found there"):
        pick_object(photo, (0.5, 0.05))
    with pytest.raises(InputError, match="point's y"):
        pick_object(photo, (0.5, -0.1))
