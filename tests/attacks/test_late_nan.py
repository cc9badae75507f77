"""Losses that behave at first: the trainer ends what turns into NaN later, and nothing gets a score for it."""

from __future__ import annotations

import pytest
from tiny_task import task

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Candidate, Evaluation, Phase, Rejection, Status, Training
from alphaloss.sandbox import Sandbox
from alphaloss.training import TrainJob
from alphaloss.training.trainer import Trainer

HEAD = """from keras import ops
def loss(y_true, y_pred):
    ce = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
    norm = ops.sum(ops.square(y_pred), axis=-1)
    return """

LATE = {
    "NaN once the logits are large": "ce + 0.0 * ops.sqrt(10.0 - norm)",
    "infinite once the logits are large": "ce + 0.0 * ops.exp(9.0 * norm)",
    "NaN once a sample is right": "ce + 0.0 * ops.log(ce - 0.2)",
    "a loss that runs away": "-ops.exp(norm * norm)",
}


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(task(learning_rate=0.3))


def graph_of(sandbox: Sandbox, expression: str) -> LossGraph:
    graph = Gate(sandbox, GateSettings()).trace(Candidate(source=HEAD + expression + "\n", operator="attack"))
    assert isinstance(graph, LossGraph), graph
    return graph


def train(trainer: Trainer, graph: LossGraph, seeds: tuple[int, ...]) -> list[Training]:
    return trainer.train(TrainJob(graph=graph, rung="full", seeds=seeds))


@pytest.mark.parametrize("expression", LATE.values(), ids=LATE)
def test_what_turns_into_nan_while_training_has_no_score(sandbox: Sandbox, trainer: Trainer, expression: str) -> None:
    (training,) = train(trainer, graph_of(sandbox, expression), (1,))
    assert training.status is Status.DIVERGED
    assert training.score is None
    assert training.steps > 1, "it diverged at once, so it is no late one"
    assert None in training.curve
    assert "finite" in training.message


@pytest.mark.parametrize("expression", LATE.values(), ids=LATE)
def test_none_of_them_even_passes_the_gate(sandbox: Sandbox, expression: str) -> None:
    outcome = Gate(sandbox, GateSettings()).admit(Candidate(source=HEAD + expression + "\n", operator="attack"))
    assert isinstance(outcome, Rejection)


def test_one_diverged_seed_takes_the_score_of_the_whole_evaluation(sandbox: Sandbox, trainer: Trainer) -> None:
    good = train(trainer, graph_of(sandbox, "ce"), (1, 2))
    (bad,) = train(trainer, graph_of(sandbox, LATE["NaN once the logits are large"]), (3,))
    evaluation = Evaluation(key="k", phase=Phase.SEARCH, rung="full", trainings=(*good, bad))
    assert all(training.score is not None for training in good)
    assert evaluation.score is None
