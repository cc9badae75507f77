"""What the command line tells of a search while it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import make_programs, make_told

from alphaloss.exchanges import Reply, Use
from alphaloss.progress import Cost, SearchState, rung_seconds
from alphaloss.records import Evaluation, Failed, Phase
from alphaloss.report.progress import ConsoleProgress
from alphaloss.training import Rung
from alphaloss.wording import duration

STATE = SearchState(
    waves=1, evaluations=12, budget=24, programs=11, promoted=4, best=0.75, best_seeds=2, utilisation=0.5
)


def test_a_rung_takes_time_by_its_epochs_samples_and_pixels():
    full = Rung(name="full", epochs=10, share=0.8, image_size=96)
    assert rung_seconds(full, full, 3.0) == 30.0
    assert rung_seconds(Rung(name="short", epochs=5, share=0.8, image_size=96), full, 3.0) == 15.0
    assert rung_seconds(Rung(name="part", epochs=10, share=0.2, image_size=96), full, 3.0) == pytest.approx(7.5)
    assert rung_seconds(Rung(name="small", epochs=10, share=0.8, image_size=48), full, 3.0) == pytest.approx(7.5)
    assert rung_seconds(Rung(name="any", epochs=2), Rung(name="full", epochs=4), 3.0) == 6.0


COST = Cost(
    trainings={Phase.SEARCH: 30, Phase.SELECTION: 10},
    seconds={Phase.SEARCH: 60.0, Phase.SELECTION: 100.0},
    each={"small": 1.0, "full": 10.0},
    workers=2,
)
"""As of a search that trains 27 times at the small rung and 3 times at the full one."""


def trained(rung: str, times: int = 1, score: float | None = 0.5) -> Evaluation:
    """An evaluation with so many trainings."""
    evaluation = make_told(make_programs(1)[0], score).evaluation
    assert evaluation is not None
    return evaluation.model_copy(update={"rung": rung, "trainings": evaluation.trainings * times})


class Clock:
    """A clock that is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_goes_by_what_a_training_of_its_rung_takes(capsys: pytest.CaptureFixture[str]):
    clock = Clock()
    progress = ConsoleProgress(clock)
    progress.expect(COST)
    progress.phase(Phase.SEARCH, 30)
    clock.now += 20  # for 20 expected seconds of training: on two workers half of that was expected
    for _ in range(20):
        progress.trained(trained("small"))
    progress.wave(STATE)
    # Of the search 60 - 20 s are left, and the 100 s of the selection.
    assert "; about 2 min left" in capsys.readouterr().err
    progress.trained(trained("full"))
    clock.now += 10
    progress.shown = 0
    progress.wave(STATE)
    assert "; about 2 min left" in capsys.readouterr().err  # 130 s
    progress.trained(trained("full", times=2))
    clock.now += 20
    progress.shown = 0
    progress.wave(STATE)
    assert "; about 110 s left" in capsys.readouterr().err


def test_a_phase_of_fewer_trainings_than_expected_takes_less(capsys: pytest.CaptureFixture[str]):
    clock = Clock()
    progress = ConsoleProgress(clock)
    progress.expect(COST)
    progress.phase(Phase.SELECTION, 8)  # two finalists were the same
    clock.now += 20
    progress.trained(trained("full", times=2))
    assert "  2 of 8 trainings; about 60 s left" in capsys.readouterr().err


def test_a_line_is_due_after_a_minute_of_silence_in_every_phase(capsys: pytest.CaptureFixture[str]):
    clock = Clock()
    progress = ConsoleProgress(clock)
    progress.expect(COST)
    progress.phase(Phase.SEARCH, 30)
    capsys.readouterr()
    clock.now += 59
    progress.trained(trained("small"))
    assert capsys.readouterr().err == ""
    clock.now += 1
    progress.trained(trained("small"))
    assert "1:00    2 of 30 trainings" in capsys.readouterr().err
    clock.now += 60
    progress.shown = STATE.evaluations * 12 // STATE.budget
    progress.wave(STATE)
    assert "wave 1" in capsys.readouterr().err
    progress.wave(STATE)
    assert capsys.readouterr().err == ""


def test_a_run_of_days_is_not_told_of_every_minute(capsys: pytest.CaptureFixture[str]):
    clock = Clock()
    progress = ConsoleProgress(clock)
    progress.expect(replace(COST, seconds={Phase.SEARCH: 4e5, Phase.SELECTION: 4e5}))  # 4e5 s on two workers
    progress.phase(Phase.SEARCH, 30)
    capsys.readouterr()
    clock.now += 1900
    progress.trained(trained("small"))
    assert capsys.readouterr().err == ""
    clock.now += 100
    progress.trained(trained("small"))
    assert "2 of 30 trainings" in capsys.readouterr().err


def test_the_cost_is_told_before_and_the_promoted_on_the_way(capsys: pytest.CaptureFixture[str]):
    progress = ConsoleProgress()
    progress.expect(COST)
    progress.phase(Phase.SEARCH, 30)
    progress.wave(STATE)  # before any training is done there is no telling how long it takes
    assert " left" not in capsys.readouterr().err.splitlines()[-1]
    progress.trained(trained("full"))
    progress.shown = 0
    progress.wave(STATE)
    line = capsys.readouterr().err
    assert "best 0.7500 (2 seeds); 12 of 24 evaluations, 11 programs, 4 of them promoted to the full rung" in line
    assert " left" in line


def test_the_expected_time_is_that_of_all_phases(capsys: pytest.CaptureFixture[str]):
    ConsoleProgress().expect(COST)
    told = capsys.readouterr().err
    assert "expected: up to 40 trainings of about 4 s and the tracing of each loss, on 2 workers: about 80 s" in told
    ConsoleProgress().expect(replace(COST, seconds={Phase.SEARCH: 5200.0, Phase.SELECTION: 100_000.0}))
    assert "40 trainings of about 44 min and the tracing of each loss, on 2 workers: about 14.6 h" in (
        capsys.readouterr().err
    )


def test_durations_have_two_or_three_digits():
    seconds = (0.034, 4.04, 9.5, 61.0, 119.4, 130.0, 3000.0, 7100.0, 7300.0, 360_000.0)
    assert [duration(s) for s in seconds] == [
        *("0.034 s", "4 s", "10 s", "61 s", "119 s", "2 min", "50 min", "118 min", "2.0 h", "100.0 h")
    ]


def test_what_language_models_take_is_told_with_each_wave(capsys: pytest.CaptureFixture[str]):
    progress = ConsoleProgress()
    progress.wave(STATE)
    assert "language models" not in capsys.readouterr().err
    use = Use(
        calls=3,
        requests=4,
        prompt_tokens=7_000,
        completion_tokens=900,
        usd=0.5,
        replies={Reply.OK: 2, Reply.TIMEOUT: 1},
    )
    progress.shown = 0
    progress.wave(replace(STATE, llm=use))
    expected = (
        "language models: 3 calls (2 ok, 1 timeout), 7,000 tokens of prompts and 900 of answers, 0.5000 US dollars"
    )
    assert expected in capsys.readouterr().err
    progress.shown = 0
    progress.wave(replace(STATE, llm=use.model_copy(update={"estimated": True})))
    assert "about 7,000 tokens" in capsys.readouterr().err


def test_what_held_no_program_is_counted_by_its_fault(capsys: pytest.CaptureFixture[str]):
    progress = ConsoleProgress()
    for details in ({"reply": "ok", "fault": "UNCHANGED"}, {"reply": "timeout"}, {}):
        progress.outcome(Failed(operator="mutate", reason="why", details=details))
    progress.wave(STATE)
    assert "refused: 1 UNCHANGED, 1 timeout, 1 nothing proposed;" in capsys.readouterr().err


def test_without_a_cascade_nothing_is_promoted(capsys: pytest.CaptureFixture[str]):
    progress = ConsoleProgress()
    progress.phase(Phase.SEARCH, 30)
    progress.wave(SearchState(**{**vars(STATE), "promoted": None}))
    assert "11 programs; refused: none" in capsys.readouterr().err
