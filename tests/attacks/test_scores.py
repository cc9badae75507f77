"""No candidate sets its own score: what forges one elsewhere is an error here, or a graph like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attacks.test_forgery import FORGER
from tiny_task import task

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Candidate, Code, Rejection, Status, Training
from alphaloss.sandbox import RawTrace, Sandbox, TraceFailure
from alphaloss.training import TrainJob
from alphaloss.training.trainer import Trainer

TOY = Path(__file__).parent / "toy_trainer.py"
HONEST = "def loss(y_true, y_pred):\n    return -y_pred\n"

# Each reaches the metric of a trainer that runs it. `{}` is where it gives up quietly, to look like an honest loss.
PATCHERS = {
    "frames of the stack": """
def loss(y_true, y_pred):
    try:
        import sys
        frame = sys._getframe()
        while frame:
            if "accuracy" in frame.f_globals:
                frame.f_globals["accuracy"] = lambda labels, predictions: 1.0
            frame = frame.f_back
    except {quiet}:
        pass
    return -y_pred
""",
    "frames of a traceback": """
def loss(y_true, y_pred):
    try:
        1 / 0
    except ZeroDivisionError as error:
        try:
            frame = error.__traceback__.tb_frame
            while frame:
                if "accuracy" in frame.f_globals:
                    frame.f_globals["accuracy"] = lambda labels, predictions: 1.0
                frame = frame.f_back
        except {quiet}:
            pass
    return -y_pred
""",
    "the main module": """
def loss(y_true, y_pred):
    try:
        import sys
        sys.modules["__main__"].accuracy = lambda labels, predictions: 1.0
    except {quiet}:
        pass
    return -y_pred
""",
    "the objects of the collector": """
def loss(y_true, y_pred):
    try:
        import gc
        for found in gc.get_objects():
            if type(found) is dict and "accuracy" in found:
                found["accuracy"] = lambda labels, predictions: 1.0
    except {quiet}:
        pass
    return -y_pred
""",
    "the code of the metric": """
def loss(y_true, y_pred):
    try:
        import gc
        for found in gc.get_objects():
            if getattr(found, "__name__", "") == "accuracy":
                found.__code__ = (lambda labels, predictions: 1.0).__code__
    except {quiet}:
        pass
    return -y_pred
""",
    "the sum that the metric uses": """
try:
    import builtins
    total = builtins.sum
    builtins.sum = lambda values: 1000.0
except {quiet}:
    pass


def loss(y_true, y_pred):
    return -y_pred
""",
    "the labels": """
def loss(y_true, y_pred):
    try:
        import gc
        for found in gc.get_objects():
            if type(found) is dict and "labels" in found and "rng" in found:
                found["labels"][:] = [0] * 1000
                found["rng"].randrange = lambda most: 0
    except {quiet}:
        pass
    return -y_pred
""",
    "an output that the trainer does not write": """
try:
    import os
    import sys
    os.write(1, b"1.0")
    sys.stdout = open(os.devnull, "w")
except {quiet}:
    pass


def loss(y_true, y_pred):
    return -y_pred
""",
}


@pytest.mark.parametrize("patcher", PATCHERS.values(), ids=PATCHERS)
def test_a_metric_is_forged_in_a_shared_process_and_not_in_the_sandbox(
    sandbox: Sandbox, tmp_path: Path, patcher: str
) -> None:
    candidate = tmp_path / "candidate.py"
    scores = []
    for source in (HONEST, patcher.format(quiet="Exception")):
        candidate.write_text(source)
        done = subprocess.run([sys.executable, TOY, candidate], capture_output=True, text=True, check=True, timeout=60)
        scores.append(float(done.stdout))
    assert scores[0] < 0.6
    assert scores[1] == 1.0

    honest = sandbox.trace(HONEST)
    assert isinstance(honest, RawTrace)
    quiet = sandbox.trace(patcher.format(quiet="BaseException"))
    loud = sandbox.trace(patcher.format(quiet="ZeroDivisionError"))
    assert quiet == honest
    assert loud == honest or isinstance(loud, TraceFailure)


# Cross-entropy as a recorder would send it, and as a candidate would write it.
CALLS = (
    '[["log_softmax", [{"ref": 1}], []], ["multiply", [{"ref": 0}, {"ref": 2}], []], '
    '["sum", [{"ref": 3}], [["axis", -1]]], ["negative", [{"ref": 4}], []]]'
)
CROSS_ENTROPY = """
from keras import ops

def loss(y_true, y_pred):
    return -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)
"""


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(task())


def graph_of(sandbox: Sandbox, source: str) -> LossGraph | Rejection:
    return Gate(sandbox, GateSettings(), classes=3).trace(Candidate(source=source, operator="attack"))


def trained(trainer: Trainer, graph: LossGraph) -> Training:
    training = trainer.train(TrainJob(graph=graph, rung="full", seeds=(3,)))[0]
    return training.model_copy(update={"seconds": 0.0})


def forge(result: str) -> str:
    """A candidate that looks honest to the static checks and sends `result` three times."""
    text = "\n".join([result] * 3)
    return FORGER.replace("{text}", repr(text)) + HONEST


def test_a_forged_trace_is_trained_and_scored_like_the_same_loss_sent_honestly(
    sandbox: Sandbox, trainer: Trainer
) -> None:
    honest = graph_of(sandbox, CROSS_ENTROPY)
    forged = graph_of(sandbox, forge(f'{{"output": {{"ref": 5}}, "calls": {CALLS}}}'))
    assert isinstance(honest, LossGraph)
    assert isinstance(forged, LossGraph)
    assert forged == honest
    training = trained(trainer, forged)
    assert training.status is Status.OK
    assert training == trained(trainer, honest)
    # Half of the labels are wrong, and the validation set knows the right ones: no score is perfect by itself.
    minus = graph_of(sandbox, CROSS_ENTROPY.replace("-ops.sum", "ops.sum"))
    assert isinstance(minus, LossGraph)
    worse = trained(trainer, minus)
    assert worse.score is None or training.score is None or worse.score < training.score


@pytest.mark.parametrize(
    "result",
    [
        f'{{"output": {{"ref": 5}}, "calls": {CALLS}, "score": 1.0}}',
        f'{{"output": {{"ref": 5}}, "calls": {CALLS}, "status": "ok"}}',
        f'{{"score": 1.0, "output": {{"ref": 5}}, "calls": {CALLS}, "metric": "accuracy"}}',
        f'{{"output": {{"ref": 5, "score": 1.0}}, "calls": {CALLS}}}',
        f'{{"output": {{"score": 1.0}}, "calls": {CALLS}}}',
        '{"output": {"ref": 2}, "calls": [["set_score", [1.0], []]]}',
        '{"output": {"ref": 2}, "calls": [["__import__", ["os"], []]]}',
        '{"output": {"ref": 2}, "calls": [["getattr", [{"ref": 0}, "__class__"], []]]}',
        '{"output": {"ref": 2}, "calls": [["constant", [1.0], [["name", "score"]]]]}',
        '{"output": 1.0, "calls": []}',
        '{"output": "score", "calls": []}',
        '{"key": "0", "gradient_scale": 1e9, "output": {"ref": 5}, "calls": []}',
    ],
)
def test_a_result_with_a_score_a_status_or_a_metric_is_rejected(sandbox: Sandbox, result: str) -> None:
    rejection = graph_of(sandbox, forge(result))
    assert isinstance(rejection, Rejection)
    assert rejection.code is Code.TRACE
