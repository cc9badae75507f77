"""What the command line tells of a search while it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import make_programs, make_told

from alphaloss.exchanges import Reply, Use
from alphaloss.progress import Cost, SearchState, rung_seconds
from alphaloss.records import Failed, Phase
from alphaloss.report.progress import ConsoleProgress
from alphaloss.training import Rung

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


def test_the_cost_is_told_before_and_the_promoted_on_the_way(capsys: pytest.CaptureFixture[str]):
    progress = ConsoleProgress()
    progress.expect(
        Cost(
            trainings={Phase.SEARCH: 30, Phase.SELECTION: 10},
            seconds={Phase.SEARCH: 60.0, Phase.SELECTION: 100.0},
            workers=2,
        )
    )
    progress.phase(Phase.SEARCH, 30)
    progress.wave(STATE)  # before any training is done there is no telling how long it takes
    assert " left" not in capsys.readouterr().err.splitlines()[-1]
    evaluation = make_told(make_programs(1)[0], 0.5).evaluation
    assert evaluation is not None
    progress.trained(evaluation)
    progress.shown = 0
    progress.wave(STATE)
    line = capsys.readouterr().err
    assert "best 0.7500 (2 seeds); 12 of 24 evaluations, 11 programs, 4 of them promoted to the full rung" in line
    assert " left" in line


def test_the_expected_time_is_that_of_all_phases(capsys: pytest.CaptureFixture[str]):
    ConsoleProgress().expect(
        Cost(
            trainings={Phase.SEARCH: 30, Phase.SELECTION: 10},
            seconds={Phase.SEARCH: 60.0, Phase.SELECTION: 100.0},
            workers=2,
        )
    )
    assert "expected: 40 trainings of about 4 s" in capsys.readouterr().err


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
