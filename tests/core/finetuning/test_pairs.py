"""Fits for somebody who watches: whatever ends them, there is a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.checkpoints.model_zoo import model_info, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.pairs import drawings_of, learner
from i2i_core.finetuning.run import finetune
from i2i_core.method import Progress
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from tests.contract.test_contract import A, B
from tests.core.methods.test_pix2pixhd import small


def records(
    out: Path, steps: int = 4, l1_weight: float = 10.0, **settings: object
) -> list[Progress]:
    return list(finetune(small(steps=steps, l1_weight=l1_weight), A, B, out, **settings))


def test_it_tells_what_is_left_and_shows_pictures(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", preview_seconds=0)
    assert all(record.note for record in found)
    assert "4 of 4 steps" in found[-1].note
    sheet = found[-1].picture
    assert sheet is not None
    assert sheet.size == (3 * 64, 3 * 32)  # three samples: source, translation, partner
    assert np.array_equal(np.asarray(sheet.crop((0, 0, 64, 32))), np.asarray(A[0]))
    assert load(tmp_path / "m.safetensors").fitted


def test_a_stop_file_stops_it(tmp_path: Path) -> None:
    out, stop = tmp_path / "m.safetensors", tmp_path / "stop"
    found = []
    for record in finetune(small(steps=10**6), A, B, out, stop=stop, preview_seconds=0):
        found.append(record)
        if len(found) == 3:
            stop.touch()
    assert found[-1].note.startswith("Stopped: ")
    assert load(out).translate(A[0]).size == A[0].size


def test_the_clock_stops_it(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", steps=10**6, seconds=0.3)
    assert "which is the limit here" in found[-1].note
    assert load(tmp_path / "m.safetensors").fitted


def test_closing_it_keeps_the_model(tmp_path: Path) -> None:
    work = finetune(small(steps=10**6), A, B, tmp_path / "m.safetensors")
    next(work)
    work.close()
    assert load(tmp_path / "m.safetensors").fitted


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    class Broken(list):  # type: ignore[type-arg]
        def __getitem__(self, index):  # type: ignore[no-untyped-def]
            if index == 0:
                raise InputError("holiday.png is not a picture.")
            return super().__getitem__(index)

    found = list(finetune(small(), Broken(A), Broken(B), tmp_path / "m.safetensors"))
    assert found[-1].picture is not None
    assert found[-1].picture.width == 2 * 64
    nothing = Broken(A[:1])
    with pytest.raises(InputError, match="None of these pictures"):
        list(finetune(small(), nothing, nothing, tmp_path / "n.safetensors"))


def test_going_on_starts_from_what_was_learnt(tmp_path: Path) -> None:
    known = small(in_channels=1, seed=3)  # not the learner's own, whose first weights differ
    known.fitted = True
    save(known, tmp_path / "known.safetensors")
    method = learner(1, steps=5, size=32, start=tmp_path / "known.safetensors")
    for name, value in known.inference_state_dict().items():
        assert np.array_equal(value.numpy(), method.inference_state_dict()[name].numpy()), name
    fresh = small(in_channels=1).inference_state_dict()
    assert any(
        not torch.equal(value, fresh[name]) for name, value in known.inference_state_dict().items()
    )
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


def test_its_notes_say_how_far_it_is_and_what_is_left(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", steps=8, preview_seconds=-1)
    notes = [record.note for record in found]
    assert notes[:3] == ["The first steps"] * 3
    assert notes[3].startswith("Step 4 of 8, about ")
    assert notes[7].endswith(" left")
    assert notes[8] == "Done: 8 of 8 steps were made."
    assert [record.step for record in found] == [*range(1, 9), 8]
    assert all(record.picture is not None for record in found)
    assert all("L1" in record.losses for record in found)


def test_without_a_watcher_only_the_first_and_the_last_step_are_shown(tmp_path: Path) -> None:
    found = records(tmp_path / "m.safetensors", steps=4)  # quicker than a second
    assert [record.step for record in found] == [1, 4]


def test_a_stop_file_from_before_stops_it_after_one_step(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    (record,) = records(tmp_path / "m.safetensors", stop=tmp_path / "stop")
    assert record.note == "Stopped: 1 of 4 steps were made."
    assert record.picture is not None
    assert model_info(tmp_path / "m.safetensors").steps == 1


@pytest.mark.parametrize("how", ["stop", "seconds", "close", "end"])
def test_however_it_ends_the_file_translates_as_what_was_learnt(tmp_path: Path, how: str) -> None:
    out = tmp_path / "m.safetensors"
    method = small(steps=4 if how == "end" else 10**6)
    seconds = 0.05 if how == "seconds" else 60
    words = {"about": "Sand.", "takes": "sketch", "makes": "labels:facades"}
    work = finetune(method, A, B, out, stop=tmp_path / "stop", seconds=seconds, **words)
    next(work)
    assert not out.exists()
    if how == "stop":
        (tmp_path / "stop").touch()
    if how == "close":
        work.close()
    for _ in work:
        pass
    model = model_info(out)
    assert (model.about, model.takes, model.makes) == ("Sand.", "sketch", "labels:facades")
    assert model.steps == method.fit_state.step
    assert model.bytes < sum(
        v.nbytes for v in method.inference_state_dict().values()
    )  # in half precision
    one, other = (np.asarray(m.translate(A[0]), int) for m in (method, load(out)))
    assert np.abs(one - other).mean() < 1


def test_a_model_to_go_on_from_is_not_passed_off_as_taught(tmp_path: Path) -> None:
    known = small()
    known.fitted = True
    save(known, tmp_path / "known.safetensors")
    method = learner(3, steps=5, size=32, start=tmp_path / "known.safetensors")
    with pytest.raises(InputError, match="Pairs are needed"):
        list(finetune(method, A, B[:2], tmp_path / "m.safetensors"))
    assert not (tmp_path / "m.safetensors").exists()
    assert len(list(finetune(method, A, B, tmp_path / "m.safetensors"))) == 2
    assert model_info(tmp_path / "m.safetensors").steps == 5
    # The model that it went on from is left as it was, in the file and in memory.
    again = open_model(tmp_path / "known.safetensors")
    assert all(
        torch.equal(v, again.inference_state_dict()[name])
        for name, v in known.inference_state_dict().items()
    )


def test_only_models_of_its_kind_can_be_gone_on_from(tmp_path: Path) -> None:
    other = Pix2Pix(Pix2PixConfig(width=4, depth=3, size=32, load_size=32))
    other.fitted = True
    save(other, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="pictures in colour"):
        learner(3, steps=5, size=32, start=tmp_path / "other.safetensors")
    known = small()
    known.fitted = True
    save(known, tmp_path / "known.safetensors")
    with pytest.raises(InputError, match="take drawings"):
        learner(1, steps=5, size=32, start=tmp_path / "known.safetensors")
    with pytest.raises(InputError, match="multiple of 16"):
        learner(3, steps=5, size=40, start=tmp_path / "known.safetensors")
    with pytest.raises(InputError, match="no file gone"):
        learner(3, steps=5, size=32, start=tmp_path / "gone.safetensors")


def test_drawings_differ_but_follow_from_the_seed() -> None:
    photo = Image.new("L", (60, 60), 40)
    photo.paste(220, (15, 15, 45, 45))
    first, _ = drawings_of([photo], 48)
    again, photos = drawings_of([photo.convert("RGBA")], 48)
    other, _ = drawings_of([photo], 48, seed=1)
    assert [d.tobytes() for d in first] == [d.tobytes() for d in again]
    assert [d.tobytes() for d in first] != [d.tobytes() for d in other]
    assert len({d.tobytes() for d in first}) == 3
    assert {d.mode for d in first} == {"L"}
    assert {p.mode for p in photos} == {"RGB"}
    with pytest.raises(InputError, match="None of these pictures"):
        drawings_of([], 48)
