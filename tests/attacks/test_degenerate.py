"""Losses that are valid and worthless: the gate names what is wrong with each."""

from __future__ import annotations

import pytest

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.records import Candidate, Code, Rejection
from alphaloss.sandbox import Sandbox

HEAD = """from keras import ops
def loss(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    log_p = ops.log_softmax(y_pred, axis=-1)
    p_true = ops.sum(y_true * p, axis=-1)
    ce = -ops.sum(y_true * log_p, axis=-1)
    return """

DEGENERATE = {
    "a constant": ("0.0 * ce + 1.0", {Code.NO_GRADIENT}),
    "a number": ("1.0", {Code.TRACE}),
    "without predictions": ("ops.sum(y_true * 2.0, axis=-1)", {Code.NO_GRADIENT}),
    "without labels": ("ops.sum(p * ops.sin(y_pred), axis=-1)", {Code.MISALIGNED}),
    "entropy": ("-ops.sum(p * log_p, axis=-1)", {Code.MISALIGNED}),
    "minus cross-entropy": ("-ce", {Code.MISALIGNED}),
    "the true class's probability": ("p_true", {Code.MISALIGNED}),
    "right only while predictions are bad": ("ops.square(ce - 1.8)", {Code.CANNOT_LEARN}),
    "gradient of 1e30": ("1e30 * ce", {Code.NO_GRADIENT}),
    "gradient of 1e-30": ("1e-30 * ce", {Code.NO_GRADIENT}),
    "behind stop_gradient": ("ops.stop_gradient(ce)", {Code.NO_GRADIENT}),
    "NaN at p=0": ("-ops.sum(y_true * ops.log(p), axis=-1)", {Code.NOT_FINITE}),
    "NaN at p=1": ("-ops.log(1.0 - p_true) * -ce", {Code.NOT_FINITE}),
    "0 divided by 0": ("ce * (p_true / p_true)", {Code.NOT_FINITE}),
    "root of a negative": ("ce + ops.sqrt(p_true - 0.5)", {Code.NOT_FINITE}),
    "overflow in float32 only": ("ops.log(ops.exp(ce))", {Code.NOT_FINITE}),
    "NaN hidden in the branch not taken": ("ops.where(p_true > 0.0, ops.log(p_true), 0.0) * -1.0", {Code.NOT_FINITE}),
    "unbounded below": ("-ops.exp(ops.sum(y_pred * y_pred, axis=-1))", {Code.NOT_FINITE, Code.MISALIGNED}),
    "mean over the batch": ("ops.mean(ce)", {Code.NOT_PER_SAMPLE}),
    "mean over the batch, spread again": ("0.0 * ce + ops.mean(ce)", {Code.NOT_PER_SAMPLE}),
    "centred over the batch": ("ce - ops.mean(ce, axis=0)", {Code.NOT_PER_SAMPLE}),
    "order of the batch": ("ops.cumsum(ce)", {Code.NOT_PER_SAMPLE, Code.TRACE}),
    "sorted over the batch": ("ops.sort(ce)", {Code.NOT_PER_SAMPLE, Code.TRACE}),
    "every pair of samples": ("ops.sum(ops.expand_dims(ce, -1) * ce, axis=-1)", {Code.NOT_PER_SAMPLE}),
    "samples by samples": (
        "ops.sum(ops.matmul(y_pred, ops.transpose(y_pred)), axis=-1)",
        {Code.NOT_PER_SAMPLE, Code.TRACE},
    ),
    "the first sample only": ("0.0 * ce + ce[0]", {Code.NOT_PER_SAMPLE, Code.TRACE}),
    "one value a class": ("-y_true * log_p", {Code.SHAPE}),
    "a trailing axis": ("ops.expand_dims(ce, -1)", {Code.SHAPE}),
    "right for one sample only": (
        "ops.squeeze(ops.expand_dims(y_true * log_p, 0), 0)",
        {Code.SHAPE, Code.NOT_PER_SAMPLE},
    ),
    "right for one class count only": ("ce / (y_pred.shape[-1] - 10.0)", {Code.NOT_FINITE}),
    "a comparison": ("ce > 1.0", {Code.SHAPE}),
    "nothing": ("None", {Code.TRACE}),
    "all wrong answers alike": (
        "ops.sum((1.0 - y_true) * p, axis=-1) * 0.0 + ops.sum(p * p, axis=-1)",
        {Code.MISALIGNED},
    ),
}


@pytest.mark.parametrize(("expression", "codes"), DEGENERATE.values(), ids=DEGENERATE)
def test_a_worthless_loss_is_rejected_with_its_code(sandbox: Sandbox, expression: str, codes: set[Code]) -> None:
    outcome = Gate(sandbox, GateSettings()).admit(Candidate(source=HEAD + expression + "\n", operator="attack"))
    assert isinstance(outcome, Rejection)
    assert outcome.code in codes, outcome.message
