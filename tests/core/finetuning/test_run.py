"""The driver of fits that somebody watches: whatever ends one, there is a model and a last word."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from i2i_core.checkpoints.checkpoint import load
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.finetuning.run import Destination, Pace, run_fit, stops_by_file
from i2i_core.progress import Progress
from tests.core.finetuning.conftest import Clock
from tests.helpers import ROWS, A, B, Row, picture, small

EVERY_STEP = Pace(record=0, preview=0)


def count_up(records: list[Progress]) -> bool:
    """Whether every record has a step more, of one total, up to the last one."""
    steps = [record.step for record in records]
    return steps == sorted(set(steps)) and len({record.total for record in records}) == 1


@pytest.mark.parametrize("name", ROWS)
def test_every_method_ends_with_a_preview_a_word_and_a_model(name: str, out: Destination) -> None:
    row: Row = ROWS[name]
    records = list(run_fit(row.new(), row.a, row.b, out, pace=EVERY_STEP))
    assert count_up(records)
    last = records[-1]
    assert last.step == last.total
    assert last.picture is not None
    assert last.note.startswith(f"Done: {last.total} of {last.total} steps were made.")
    assert type(load(out.path)) is row.kind


def test_its_records_say_how_far_it_is_and_what_is_left(out: Destination) -> None:
    records = list(run_fit(small(steps=8), A, B, out, pace=EVERY_STEP))
    notes = [record.note for record in records]
    assert notes[:3] == ["The first steps"] * 3
    assert notes[3].startswith("Step 4 of 8, about ")
    assert notes[6].endswith(" left")
    assert notes[7] == "Done: 8 of 8 steps were made."
    assert [record.step for record in records] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(record.picture is not None for record in records)
    assert all("L1" in record.losses for record in records)


def test_what_is_left_is_told_in_seconds_or_minutes(clock: Clock) -> None:
    method = clock.of(small(steps=400))
    *_, record = islice(run_fit(method, A, B, None, pace=Pace(record=0)), 5)
    assert record.note == "Step 5 of 400, about 7 min left"
    method = clock.of(small(steps=60))
    *_, record = islice(run_fit(method, A, B, None, pace=Pace(record=0)), 9)
    assert record.note == "Step 9 of 60, about 51 s left"


def test_by_default_a_record_comes_about_every_second(clock: Clock, out: Destination) -> None:
    clock.step_s = 0.6
    records = list(run_fit(clock.of(small(steps=8)), A, B, out))
    assert [record.step for record in records] == [2, 4, 6, 8]
    assert all(record.picture is None for record in records)


def test_previews_come_by_seconds(clock: Clock, out: Destination) -> None:
    records = list(run_fit(clock.of(small(steps=8)), A, B, out, pace=Pace(record=0, preview=2.5)))
    assert [r.step for r in records if r.picture is not None] == [1, 4, 7, 8]
    assert count_up(records)


def test_previews_come_by_steps(clock: Clock, out: Destination) -> None:
    pace = Pace(record=3.5, preview_steps=2)
    records = list(run_fit(clock.of(small(steps=7)), A, B, out, pace=pace))
    assert [r.step for r in records] == [2, 4, 6, 7]  # one that shows something is not held back
    assert all(r.picture is not None for r in records)


def test_a_stops_by_file_stops_it(out: Destination, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    records = []
    for record in run_fit(small(steps=10**6), A, B, out, stop=stops_by_file(stop), pace=EVERY_STEP):
        records.append(record)
        if len(records) == 3:
            stop.touch()
    assert [record.step for record in records] == [1, 2, 3, 4]
    assert records[-1].note == "Stopped: 4 of 1000000 steps were made."
    assert records[-1].picture is not None
    assert load(out.path).translate(A[0]).size == A[0].size


def test_a_stops_by_file_from_before_stops_it_after_one_step(
    out: Destination, tmp_path: Path
) -> None:
    (tmp_path / "stop").touch()
    stop = stops_by_file(tmp_path / "stop")
    (record,) = run_fit(small(), A, B, out, stop=stop, pace=EVERY_STEP)
    assert record.note == "Stopped: 1 of 4 steps were made."
    assert record.picture is not None
    assert model_info(out.path).steps == 1


def test_no_stops_by_file_stops_nothing() -> None:
    assert not stops_by_file(None)()


def test_the_limit_stops_it(clock: Clock, out: Destination) -> None:
    method = clock.of(small(steps=10**6))
    *_, last = run_fit(method, A, B, out, pace=Pace(record=0, limit=5.2))
    # The first step's time is not that of a step: things are set up.
    assert last.note == (
        "Stopped after 5 s, which is the limit here: 7 of 1000000 steps were made."
    )
    assert model_info(out.path).steps == 7


def test_a_fits_own_note_is_told(out: Destination) -> None:
    method = small()

    def fit(*sides: object) -> Iterator[Progress]:
        for step in range(1, 6):
            yield Progress(step, 5, note="It goes on without.")

    method.fit = fit  # type: ignore[method-assign, assignment]
    first, *_, last = run_fit(method, A, B, None, pace=Pace(record=0))
    assert first.note == "The first steps. It goes on without."
    assert last.note == "Done: 5 of 5 steps were made."


@pytest.mark.parametrize("name", ROWS)
def test_pairs_are_mixed_in_only_where_a_method_can(name: str, out: Destination) -> None:
    row: Row = ROWS[name]
    method = row.new()
    lengths: list[tuple[int, int]] = []
    fit = method.fit

    def noting_fit(a: Any, b: Any) -> Iterator[Progress]:
        lengths.append((len(a), len(b)))
        return fit(a, b)

    method.fit = noting_fit  # type: ignore[method-assign, assignment]
    work = run_fit(method, [*row.a] * 3, [*row.b] * 3, out, pairs=(A[:2], B[:2]))
    if row.kind.capabilities.mixes_pairs:
        list(work)
        a, b = len(row.a) * 3, len(row.b) * 3
        assert lengths == [(a + round(a / 3), b + round(b / 3))]  # a quarter of the whole
        assert out.path.exists()
    else:
        with pytest.raises(InputError, match=f"{row.kind.title} takes no pairs"):
            list(work)
        assert not lengths
        assert not out.path.exists()


def test_previews_are_of_the_collection_itself_not_of_the_pairs_mixed_in(out: Destination) -> None:
    many = [picture(36, 36, seed) for seed in range(5)]
    work = run_fit(ROWS["cut"].new(steps=1), many, many, out, pairs=(A, B), pace=EVERY_STEP)
    *_, last = work
    assert last.picture is not None
    for column in range(3):
        cell = last.picture.crop((36 * column, 0, 36 * column + 36, 36))
        assert cell.tobytes() == many[column].tobytes()
