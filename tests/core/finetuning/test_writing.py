"""What a fit that is watched writes, and when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from i2i_core.checkpoints.checkpoint import load, load_training, training_path
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.finetuning.run import Destination, Pace, run_fit, stops_by_file
from i2i_core.method import Method
from tests.core.finetuning.conftest import Clock
from tests.helpers import A, B, small


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps at which a model is written."""
    steps: list[int] = []
    write = Destination.write

    def note_and_write(self: Destination, method: Method) -> None:
        assert method.fit_state is not None
        steps.append(method.fit_state.step)
        write(self, method)

    monkeypatch.setattr(Destination, "write", note_and_write)
    return steps


def test_it_is_saved_at_the_paces_interval(
    clock: Clock, out: Destination, written: list[int]
) -> None:
    list(run_fit(clock.of(small(steps=10)), A, B, out, pace=Pace(save=2.5)))
    assert written == [3, 6, 9, 10]


def test_what_was_saved_last_is_there_while_it_runs(clock: Clock, out: Destination) -> None:
    work = run_fit(clock.of(small(steps=10)), A, B, out, pace=Pace(record=0, save=2.5))
    for record in work:
        assert out.path.exists() == (record.step >= 3)
        if record.step == 5:
            break
    assert model_info(out.path).steps == 3
    work.close()
    assert model_info(out.path).steps == 5


@pytest.mark.parametrize("how", ["stop", "limit", "close", "end"])
def test_however_it_ends_the_file_translates_as_what_was_learnt(tmp_path: Path, how: str) -> None:
    out = Destination(tmp_path / "m.safetensors", "Sand.", "sketch", "labels:facades")
    method = small(steps=4 if how == "end" else 10**6)
    pace = Pace(record=0, limit=0.05 if how == "limit" else 60)
    work = run_fit(method, A, B, out, stop=stops_by_file(tmp_path / "stop"), pace=pace)
    next(work)
    assert not out.path.exists()
    if how == "stop":
        (tmp_path / "stop").touch()
    if how == "close":
        work.close()
    for _ in work:
        pass
    model = model_info(out.path)
    assert (model.about, model.takes, model.makes) == ("Sand.", "sketch", "labels:facades")
    assert method.fit_state is not None
    assert model.steps == method.fit_state.step
    assert not training_path(out.path).exists()
    weights = method.inference_state_dict().values()
    assert model.bytes < sum(value.nbytes for value in weights)  # in half precision
    one, other = (np.asarray(m.translate(A[0]), int) for m in (method, load(out.path)))
    assert np.abs(one - other).mean() < 1


def test_a_training_file_can_be_written_beside_it(tmp_path: Path) -> None:
    out = Destination(tmp_path / "m.safetensors", half=False, with_training=True)
    whole = [record.losses for record in small(steps=6).fit(A, B)]
    work = run_fit(small(steps=6), A, B, out, pace=Pace(record=0))
    losses = [next(work).losses for _ in range(3)]
    work.close()
    method = load_training(training_path(out.path))
    losses += [r.losses for r in run_fit(method, A, B, out, pace=Pace(record=0))]
    assert losses == whole
    with pytest.raises(InputError, match="more steps"):
        list(run_fit(load_training(training_path(out.path)), A, B, out))


def test_what_diverged_is_not_written(out: Destination) -> None:
    out.path.write_bytes(b"what was saved before it went wrong")
    with pytest.raises(InputError, match="infinite"):
        list(run_fit(small(steps=50, l1_weight=1e38), A, B, out, pace=Pace(save=0)))
    assert out.path.read_bytes() == b"what was saved before it went wrong"


def test_what_fails_otherwise_is_written(out: Destination) -> None:
    method = small(steps=50)
    records = run_fit(method, A, B, out, pace=Pace(record=0))
    next(records)
    next(records)
    with pytest.raises(KeyboardInterrupt):
        records.throw(KeyboardInterrupt())
    assert model_info(out.path).steps == 2


def test_without_a_step_nothing_is_written(out: Destination, tmp_path: Path) -> None:
    begun = small()
    begun.fitted = True  # as one that goes on from a model is
    with pytest.raises(InputError, match="Pairs are needed"):
        list(run_fit(begun, A, B[:2], out))
    run_fit(small(), A, B, out).close()
    assert not list(tmp_path.iterdir())


def test_what_it_finds_out_afterwards_is_said_and_comes_before_the_file(
    out: Destination, written: list[int]
) -> None:
    method, asked = small(), []

    def after_fit(*sides: object) -> str:
        asked.append((sides, list(written)))
        return "It has seen three pictures."

    method.after_fit = after_fit  # type: ignore[method-assign, assignment]
    *_, last = run_fit(method, A, B, out)
    assert last.note == "Done: 4 of 4 steps were made. It has seen three pictures."
    assert asked == [((A, B), [])]
    assert written == [4]


def test_only_the_first_of_several_processes_writes_and_shows(tmp_path: Path) -> None:
    method = small(steps=3)

    def after_fit(*sides: object) -> str:
        raise AssertionError("the first process finds it out")

    method.after_fit = after_fit  # type: ignore[method-assign, assignment]
    pace = Pace(record=0, preview=0, preview_steps=1, save=0)
    records = list(run_fit(method, A, B, None, pace=pace))
    assert [record.step for record in records] == [1, 2, 3]
    assert all(record.picture is None for record in records)
    assert not list(tmp_path.iterdir())
