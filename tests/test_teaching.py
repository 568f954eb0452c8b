"""Fits for somebody who watches: whatever ends them, there is a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_contract import A, B
from test_pix2pixhd import small

from i2i_core.checkpoint import load, save
from i2i_core.errors import InputError
from i2i_core.method import Progress
from i2i_core.teaching import drawings_of, learner, teach


def records(
    out: Path, steps: int = 4, l1_weight: float = 10.0, **settings: object
) -> list[Progress]:
    return list(teach(small(steps=steps, l1_weight=l1_weight), A, B, out, **settings))


def test_it_tells_what_is_left_and_shows_pictures(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", preview_seconds=0)
    assert all(record.note for record in found)
    assert "4 of 4 steps" in found[-1].note
    sheet = found[-1].picture
    assert sheet is not None
    assert sheet.size == (3 * 64, 3 * 32)  # three samples: source, translation, partner
    assert np.array_equal(np.asarray(sheet.crop((0, 0, 64, 32))), np.asarray(A[0]))
    assert load(tmp_path / "m.safetensors").learnt


def test_a_stop_file_stops_it(tmp_path: Path) -> None:
    out, stop = tmp_path / "m.safetensors", tmp_path / "stop"
    found = []
    for record in teach(small(steps=10**6), A, B, out, stop=stop, preview_seconds=0):
        found.append(record)
        if len(found) == 3:
            stop.touch()
    assert found[-1].note.startswith("Stopped: ")
    assert load(out).translate(A[0]).size == A[0].size


def test_the_clock_stops_it(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", steps=10**6, seconds=0.3)
    assert "which is the limit here" in found[-1].note
    assert load(tmp_path / "m.safetensors").learnt


def test_closing_it_keeps_the_model(tmp_path: Path) -> None:
    work = teach(small(steps=10**6), A, B, tmp_path / "m.safetensors")
    next(work)
    work.close()
    assert load(tmp_path / "m.safetensors").learnt


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    class Broken(list):  # type: ignore[type-arg]
        def __getitem__(self, index):  # type: ignore[no-untyped-def]
            if index == 0:
                raise InputError("holiday.png is not a picture.")
            return super().__getitem__(index)

    found = list(teach(small(), Broken(A), Broken(B), tmp_path / "m.safetensors"))
    assert found[-1].picture is not None
    assert found[-1].picture.width == 2 * 64
    nothing = Broken(A[:1])
    with pytest.raises(InputError, match="None of these pictures"):
        list(teach(small(), nothing, nothing, tmp_path / "n.safetensors"))


def test_going_on_starts_from_what_was_learnt(tmp_path: Path) -> None:
    known = small(in_channels=1)
    known.learnt = True
    save(known, tmp_path / "known.safetensors")
    method = learner(1, steps=5, size=32, start=tmp_path / "known.safetensors")
    for name, value in known.saved().items():
        assert np.array_equal(value.numpy(), method.saved()[name].numpy()), name
    assert method.config.steps == 5
    with pytest.raises(InputError, match="start from nothing"):
        learner(3, steps=5, size=32, start=tmp_path / "known.safetensors")


def test_every_drawing_has_its_photograph() -> None:
    photo = Image.new("RGB", (90, 60), (40, 60, 90))
    photo.paste((220, 200, 180), (30, 15, 70, 45))
    drawings, photos = drawings_of([photo, photo], 48)
    assert len(drawings) == len(photos) == 6
    assert {d.size for d in drawings} == {p.size for p in photos} == {(72, 48)}
    assert any((np.asarray(d) < 100).any() for d in drawings)


def test_what_diverged_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="infinite"):
        records(tmp_path / "m.safetensors", steps=50, l1_weight=1e38)
    assert not (tmp_path / "m.safetensors").exists()
