from __future__ import annotations

import pytest
from factories import FakeWorkers, make_program, make_programs, make_training
from losses.graphs import gce

from alphaloss.errors import EvaluatorError
from alphaloss.llm.insights import parse_insights
from alphaloss.llm.inspirations import choose_inspirations
from alphaloss.llm.views import (
    BrokenView,
    OutcomeView,
    ProgramView,
    RejectionView,
    ScoreView,
    TaskView,
)
from alphaloss.records import Candidate, Code, Duplicate, Failed, Program, Rejection, Status, Training
from alphaloss.scores import Score
from alphaloss.training import TaskInfo


def training(seed: int, score: float, curve: tuple[float | None, ...] = (0.5,)) -> Training:
    return Training(key="k", rung="full", seed=seed, status=Status.OK, score=score, curve=curve, seconds=1.0, steps=1)


def task_info(**changes: object) -> TaskInfo:
    return FakeWorkers(make_training).info.model_copy(update=changes)  # type: ignore[arg-type]


def test_a_task_is_what_its_worker_tells():
    view = TaskView.of(task_info(transforms="Labels are noisy."), "full")
    assert (view.classes, view.train, view.validation, view.epochs) == (10, 100, 20, 1)
    assert view.noise == "Labels are noisy."
    assert view.maximize


def test_a_suite_is_its_tasks():
    one, two = task_info(name="one"), task_info(name="two", classes=3, transforms="Noisy.")
    view = TaskView.of(task_info(metric="worst-task", tasks=(one, two)), "full")
    assert [(task.name, task.classes, task.noise) for task in view.tasks] == [("one", 10, ""), ("two", 3, "Noisy.")]
    assert "on the task where it is least so" in view.aggregate


def test_equal_shares_are_not_told():
    assert TaskView.of(task_info(), "full").class_prior == ()
    assert TaskView.of(task_info(class_prior=(0.6, 0.4)), "full").class_prior == ()
    assert TaskView.of(task_info(class_prior=(0.7, 0.3)), "full").shares == "0.7, 0.3"


def test_of_many_classes_some_shares_are_told():
    total = sum(range(1, 101))
    view = TaskView.of(task_info(classes=100, class_prior=tuple(n / total for n in range(1, 101))), "full")
    assert view.shares.startswith("0.0198, 0.0149, 0.0099")
    assert "quartiles" in view.shares


def test_a_task_without_the_rung_is_refused():
    with pytest.raises(EvaluatorError, match="half"):
        TaskView.of(task_info(), "half")


def test_a_gain_is_paired_by_seed():
    """By hand: 0.9 - 0.5 on seed 1 and 0.7 - 0.6 on seed 2; seed 3 has no partner."""
    mine, reference = (
        [training(1, 0.9), training(2, 0.7), training(4, 0.1)],
        [
            training(1, 0.5),
            training(2, 0.6),
            training(3, 0.9),
        ],
    )
    view = ScoreView.of(Score(mean=0.6, seeds=4, error=0.01), mine, reference, maximize=True)
    assert view.gain == pytest.approx(0.25)
    assert view.gain_error == pytest.approx(0.02)  # noise 0.02 a training, sqrt(2 / 2)
    assert (view.mean, view.error, view.seeds) == (0.6, 0.01, 4)


def test_a_gain_is_positive_where_less_is_better():
    view = ScoreView.of(Score(mean=-0.2, seeds=1, error=0.0), [training(1, 0.2)], [training(1, 0.5)], maximize=False)
    assert view.mean == 0.2
    assert view.gain == pytest.approx(0.3)


def test_an_error_is_unknown_until_there_is_noise_to_tell_it():
    view = ScoreView.of(Score(mean=0.9, seeds=1, error=0.0), [training(1, 0.9)], [], maximize=True)
    assert view.error is None
    assert view.gain is None
    assert view.gain_error is None


def test_a_curve_is_the_mean_at_a_few_epochs():
    curves = [tuple(n / 100 for n in range(30)), tuple(n / 50 for n in range(30))]
    view = ScoreView.of(
        Score(0.5, 2, 0.0), [training(n, 0.5, curve) for n, curve in enumerate(curves)], [], maximize=True
    )
    assert [epoch for epoch, _ in view.curve] == [1, 8, 16, 23, 30]
    assert view.curve[-1] == (30, pytest.approx(0.435))


@pytest.mark.parametrize("epochs", [0, 1, 2, 3])
def test_a_short_curve_is_shown_whole(epochs: int):
    view = ScoreView.of(Score(0.5, 1, 0.0), [training(1, 0.5, (0.5,) * epochs)], [], maximize=True)
    assert [epoch for epoch, _ in view.curve] == list(range(1, epochs + 1))


def test_a_curve_says_where_there_was_no_number():
    both = [training(1, 0.5, (0.2, 0.5)), training(2, 0.5, (None, 0.5))]
    assert ScoreView.of(Score(0.5, 2, 0.0), both, [], maximize=True).curve == ((1, None), (2, 0.5))


def test_a_program_is_shown_by_its_print_and_its_authors_words():
    program = make_program(gce())
    candidate = Candidate(source="# score 1.0", operator="x", details={"name": "A `b`", "idea": 3, "step": []})
    view = ProgramView.of(program.model_copy(update={"candidate": candidate}), None)
    assert view.source == program.source
    assert view.name == "A 'b'"
    assert view.idea == ""
    assert view.card == program.card.describe()


def candidate(**details: str) -> Candidate:
    return Candidate(source="def loss(y_true, y_pred):\n    return 0  # zero\n", operator="mutate", details=details)


def test_a_rejection_is_shown_with_its_line():
    rejection = Rejection(candidate=candidate(idea="none"), code=Code.NO_GRADIENT, message="it is zero", line=2)
    broken = BrokenView.of(rejection)
    assert (broken.line, broken.quoted_line) == (2, "return 0")
    assert RejectionView.of(rejection) == RejectionView(code="NO_GRADIENT", message="it is zero", idea="none")


def test_a_line_beyond_the_source_is_not_quoted():
    assert BrokenView(source="x = 1", code="TRACE", message="odd", line=9).quoted_line == ""


def test_outcomes_say_what_became_of_them():
    program, score = make_program(gce()), ScoreView(mean=0.9, error=None, seeds=1, gain=None, gain_error=None, curve=())
    found = [
        OutcomeView.of(program, score, [0.7]),
        OutcomeView.of(program, None, []),
        OutcomeView.of(Rejection(candidate=candidate(), code=Code.SHAPE, message="odd"), None, []),
        OutcomeView.of(Duplicate(candidate=candidate(), of="0123456789abc"), None, []),
        OutcomeView.of(Duplicate(candidate=candidate(), of="0123456789abc"), None, [], "GCE"),
        OutcomeView.of(Failed(operator="mutate", reason="no answer"), None, []),
    ]
    assert [view.refused for view in found] == [
        "",
        "its training failed",
        "SHAPE: odd",
        "a known loss again",
        "a known loss again: GCE",
        "no answer",
    ]


def placed(*fields: tuple[float, float]) -> list[Program]:
    programs = make_programs(len(fields))
    return [p.model_copy(update={"gradient_field": field}) for p, field in zip(programs, fields, strict=True)]


def test_inspirations_are_the_best_and_the_most_different():
    parent, best, second, near, far = placed((1.0, 0.0), (0.8, 0.6), (0.6, 0.8), (0.78, 0.63), (-1.0, 0.0))
    assert choose_inspirations([parent], [best, parent, second, near, far], 3) == [best, far, second]
    assert choose_inspirations([parent], [best, parent, second, near, far], 1) == [best]
    assert choose_inspirations([parent], [parent], 4) == []
    assert choose_inspirations([], [best], 0) == []


# Insights.


def test_insights_are_the_items_of_a_list():
    answer = (
        "<think>hm</think>Here they are:\n\n- **Bounded** losses win.\n2) Avoid `log`.\n- Bounded losses win.\n\nBye"
    )
    assert parse_insights(answer, 5) == ("Bounded losses win.", "Avoid 'log'.")


def test_prose_is_no_insight():
    assert parse_insights("I'm sorry, I can't help with that.\n\nAsk another.", 5) == ()


def test_the_last_insight_of_an_answer_that_was_cut_is_left_out():
    assert parse_insights("- One.\n- Two.\n- Losses that", 5, truncated=True) == ("One.", "Two.")


def test_insights_are_bounded_and_inert():
    lines = parse_insights("\n".join(f"- {n} " + '"<|x|>`\u202e' * 200 for n in range(50)), 3)
    assert len(lines) == 3
    assert all(len(line) <= 200 and line.isascii() and '"' not in line and "<|" not in line for line in lines)


@pytest.mark.parametrize("answer", ["", "\n- \n---\n", "<think>for ever", "- \ud800"])
def test_an_answer_may_have_no_insight(answer: str):
    assert parse_insights(answer, 3) in ((), ("?",))
