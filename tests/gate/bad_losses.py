"""Losses that must not be trained with, each with the code that it is refused with, and where it comes from.

`THESIS` is the search whose winners paid for lowering the true class's probability, `ATTACK` a loss written to break a
gate, `MISTAKE` one that a person or a language model writes without meaning to, `SEARCH` one that random variation
finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alphaloss.losses.types import Target
from alphaloss.records import Code

EVERYWHERE = (2, 10, 100, 1000)


class BadLoss(NamedTuple):
    """`loss` returns `expression`; `at` are the class counts of the tasks at which it is bad.

    `otherwise` has the code for a class count at which it is another.
    """

    expression: str
    code: Code
    origin: str
    at: tuple[int, ...] = EVERYWHERE
    parameters: str = "y_true, y_pred"
    otherwise: Mapping[int, Code] = {}


def source(expression: str, target: Target = "classes", parameters: str = "y_true, y_pred") -> str:
    """A candidate that returns an expression of the usual quantities."""
    usual = {
        "classes": (
            "    p = ops.softmax(y_pred, axis=-1)\n"
            "    log_p = ops.log_softmax(y_pred, axis=-1)\n"
            "    p_true = ops.sum(y_true * p, axis=-1)\n"
            "    ce = -ops.sum(y_true * log_p, axis=-1)\n"
        ),
        "values": "    r = y_pred - y_true\n    se = ops.mean(ops.square(r), axis=-1)\n",
    }
    return f"from keras import ops\n\ndef loss({parameters}):\n{usual[target]}    return {expression}\n"


CLASSES = {
    # Nothing reaches the model.
    "constant": BadLoss("1.0 + 0.0 * ce", Code.NO_GRADIENT, "ATTACK"),
    "prediction-free": BadLoss("ops.sum(ops.square(y_true), axis=-1)", Code.NO_GRADIENT, "ATTACK"),
    "stop gradient": BadLoss("ops.stop_gradient(ce)", Code.NO_GRADIENT, "ATTACK"),
    "count of errors": BadLoss(
        "ops.cast(ops.not_equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), 'float32')",
        Code.NO_GRADIENT,
        "MISTAKE: the metric as a loss",
    ),
    "sign only": BadLoss("-ops.sum(y_true * ops.sign(y_pred), axis=-1)", Code.NO_GRADIENT, "MISTAKE"),
    "sum of all probabilities": BadLoss("ops.abs(2.0 - ops.sum(p, axis=-1))", Code.NO_GRADIENT, "SEARCH: is always 1"),
    "dead by clip": BadLoss("ops.clip(ce, 0.0, 0.01)", Code.NO_GRADIENT, "ATTACK"),
    "dead by where": BadLoss("ops.where(p_true > 0.9, ce, 2.0)", Code.NO_GRADIENT, "ATTACK"),
    "margin out of reach": BadLoss("ops.relu(ce - 20.0)", Code.NO_GRADIENT, "MISTAKE: a threshold too high"),
    "truncated GCE, k = 0.5": BadLoss(
        "ops.where(p_true > 0.5, (1.0 - ops.exp(-0.7 * ce)) / 0.7, 0.5494)",
        Code.NO_GRADIENT,
        "PAPER: needs a warm start",
    ),
    "gradient 1e-30": BadLoss("1e-30 * ce", Code.NO_GRADIENT, "ATTACK"),
    "gradient 1e-12": BadLoss("1e-12 * ce", Code.NO_GRADIENT, "ATTACK"),
    "gradient 1e+30": BadLoss("1e30 * ce", Code.NO_GRADIENT, "ATTACK"),
    "nothing at 10 classes": BadLoss("ce * (y_pred.shape[-1] - 10.0)", Code.NO_GRADIENT, "ATTACK"),
    # Numbers that end a training.
    "log of a softmax": BadLoss("-ops.sum(y_true * ops.log(p), axis=-1)", Code.NOT_FINITE, "MISTAKE: NaN at p = 0"),
    "log of cross-entropy": BadLoss("ops.log(ce)", Code.NOT_FINITE, "SEARCH: minus infinity at p_t = 1"),
    "log(1 - p)": BadLoss("-ops.sum((1.0 - y_true) * ops.log(1.0 - p), axis=-1)", Code.NOT_FINITE, "MISTAKE"),
    "1 / p_t": BadLoss("1.0 / p_true", Code.NOT_FINITE, "SEARCH"),
    "Baikal as published": BadLoss("-ops.sum(log_p - y_true / p, axis=-1)", Code.NOT_FINITE, "PAPER"),
    "exp of cross-entropy": BadLoss("ops.exp(ce)", Code.NOT_FINITE, "SEARCH: overflow"),
    "exponential loss": BadLoss("ops.sum(ops.exp(-y_true * y_pred), axis=-1)", Code.NOT_FINITE, "MISTAKE: overflow"),
    "softmax by hand": BadLoss(
        "ops.log(ops.sum(ops.exp(y_pred), axis=-1)) - ops.sum(y_true * y_pred, axis=-1)", Code.NOT_FINITE, "MISTAKE"
    ),
    "sum of exp that vanishes": BadLoss(
        "ops.log(ops.sum(ops.exp(ops.minimum(y_pred, 50.0)), axis=-1)) - ops.sum(y_true * y_pred, axis=-1)",
        Code.NOT_FINITE,
        "ATTACK: overflow is avoided, log 0 is not",
    ),
    "distance with a root": BadLoss(
        "ops.sqrt(ops.sum(ops.square(y_true - p), axis=-1))", Code.NOT_FINITE, "MISTAKE: gradient of a root at 0"
    ),
    "root of cross-entropy": BadLoss("ce**0.5", Code.NOT_FINITE, "SEARCH: gradient of a root at 0"),
    "focal with a negative power": BadLoss("ce * (1.0 - p_true) ** -0.5", Code.NOT_FINITE, "SEARCH"),
    "spread of equal logits": BadLoss(
        "ce + 0.1 * ops.sqrt(ops.mean(ops.square(y_pred - ops.mean(y_pred, axis=-1, keepdims=True)), axis=-1))",
        Code.NOT_FINITE,
        "MISTAKE: a last layer of zeros has no spread",
    ),
    "divergence by hand": BadLoss(
        "ops.sum(y_true * ops.log(y_true / p), axis=-1)", Code.NOT_FINITE, "MISTAKE: 0 log 0"
    ),
    "Poisson of logits": BadLoss("ops.mean(y_pred - y_true * ops.log(y_pred), axis=-1)", Code.NOT_FINITE, "MISTAKE"),
    "NaN behind a minimum": BadLoss("ops.minimum(ops.sqrt(p_true - 0.5), 1.0)", Code.NOT_FINITE, "ATTACK"),
    "NaN at usual predictions": BadLoss(
        "ce + 0.001 * ops.sqrt(ops.square(y_pred[:, 0] - 0.6) - 0.001)", Code.NOT_FINITE, "SEARCH: finite farther away"
    ),
    "infinite at 10 classes": BadLoss("ce / (y_pred.shape[-1] - 10.0)", Code.NOT_FINITE, "ATTACK"),
    "rare classes to a power": BadLoss(
        "ce * ops.sum(y_true * class_prior**-7.0, axis=-1)",
        Code.NOT_FINITE,
        "MISTAKE: overflow where a class is rare",
        parameters="y_true, y_pred, *, class_prior",
    ),
    # Samples that are mixed.
    "mean over the batch": BadLoss("ops.mean(ce)", Code.NOT_PER_SAMPLE, "MISTAKE"),
    "sum over axis 0": BadLoss(
        "-ops.sum(y_true * log_p, axis=0)", Code.NOT_PER_SAMPLE, "ATTACK: right at one batch size"
    ),
    "centred in the batch": BadLoss("ce - ops.mean(ce, axis=0)", Code.NOT_PER_SAMPLE, "ATTACK: samples are mixed"),
    "running sum": BadLoss("ops.cumsum(ce, axis=0)", Code.NOT_PER_SAMPLE, "ATTACK: depends on the order"),
    "every pair of samples": BadLoss("ops.sum(ce * ops.expand_dims(ce, -1), axis=-1)", Code.NOT_PER_SAMPLE, "ATTACK"),
    # The wrong way.
    "minus cross-entropy": BadLoss("-ce", Code.MISALIGNED, "ATTACK"),
    "y * p": BadLoss("ops.mean(y_true * p, axis=-1)", Code.MISALIGNED, "THESIS"),
    "0.24 p_t": BadLoss("0.24 * p_true", Code.MISALIGNED, "THESIS: figure 4.7, anti-trained to 0 to 2 % accuracy"),
    "entropy": BadLoss("-ops.sum(p * log_p, axis=-1)", Code.MISALIGNED, "ATTACK: confident, right or wrong"),
    "minus entropy": BadLoss("ops.sum(p * log_p, axis=-1)", Code.MISALIGNED, "ATTACK: never confident"),
    "-sum p^2": BadLoss("-ops.sum(ops.square(p), axis=-1)", Code.MISALIGNED, "ATTACK: confident, right or wrong"),
    "label-free": BadLoss("ops.mean(ops.square(y_pred), axis=-1)", Code.MISALIGNED, "ATTACK"),
    "frequent classes": BadLoss(
        "-ops.sum(class_prior * log_p, axis=-1)",
        Code.MISALIGNED,
        "ATTACK: label-free",
        parameters="y_true, y_pred, *, class_prior",
    ),
    "its own guess": BadLoss(
        "-ops.max(log_p, axis=-1)", Code.MISALIGNED, "ATTACK: label-free, trains on what it predicts"
    ),
    "only the other classes": BadLoss("-ops.sum((1.0 - y_true) * log_p, axis=-1)", Code.MISALIGNED, "MISTAKE"),
    "reward for the strongest other": BadLoss("-ops.max((1.0 - y_true) * p, axis=-1)", Code.MISALIGNED, "ATTACK"),
    "negative temperature": BadLoss("-ops.sum(y_true * ops.log_softmax(-y_pred), axis=-1)", Code.MISALIGNED, "SEARCH"),
    "labels in reverse": BadLoss("-ops.sum(ops.flip(y_true, axis=-1) * log_p, axis=-1)", Code.MISALIGNED, "ATTACK"),
    "gradient of something else": BadLoss(
        "ops.stop_gradient(ce) + 0.1 * ops.mean(ops.square(y_pred), axis=-1)", Code.MISALIGNED, "ATTACK"
    ),
    "logits held at zero": BadLoss("ce + 10.0 * ops.sum(ops.square(y_pred), axis=-1)", Code.MISALIGNED, "SEARCH"),
    "wave of cross-entropy": BadLoss("ops.sin(ce)", Code.MISALIGNED, "SEARCH"),
    "wrong way from 50 classes on": BadLoss(
        "ce * (50.0 - y_pred.shape[-1])", Code.MISALIGNED, "ATTACK: right at 10 classes", at=(100, 1000)
    ),
    "wrong way below 5 classes": BadLoss(
        "ce * (y_pred.shape[-1] - 5.0)", Code.MISALIGNED, "ATTACK: right at 10 classes", at=(2,)
    ),
    # Begins well and ends badly.
    "target for cross-entropy": BadLoss(
        "ops.square(ce - 1.8)", Code.CANNOT_LEARN, "SEARCH", otherwise={2: Code.MISALIGNED}
    ),
    "floor of cross-entropy": BadLoss(
        "ops.maximum(ce, 2.2)", Code.CANNOT_LEARN, "MISTAKE: nothing below log 10", otherwise={2: Code.MISALIGNED}
    ),
    "chance is enough": BadLoss(
        "ops.square(p_true * y_pred.shape[-1] - 1.2)", Code.CANNOT_LEARN, "ATTACK: lowest just above chance"
    ),
    "slope of the logits": BadLoss(
        "-ops.sum(y_true * y_pred, axis=-1)", Code.CANNOT_LEARN, "MISTAKE: a forgotten softmax; unbounded below"
    ),
    "reward for great mistakes": BadLoss(
        "ce - 0.01 * ops.square(ce)", Code.CANNOT_LEARN, "ATTACK: unbounded below where a prediction is very wrong"
    ),
    "drift": BadLoss("ce + 0.01 * ops.mean(y_pred, axis=-1)", Code.CANNOT_LEARN, "SEARCH: unbounded below"),
    "log of each other class": BadLoss(
        "ops.sum((1.0 - y_true) * log_p, axis=-1)",
        Code.CANNOT_LEARN,
        "SEARCH: unbounded below",
        otherwise={1000: Code.MISALIGNED},
    ),
    "stuck from 50 classes on": BadLoss(
        "ops.minimum(ce, 3.0)",
        Code.MISALIGNED,
        "ATTACK: right at 10 classes",
        at=(100, 1000),
        otherwise={1000: Code.NO_GRADIENT},
    ),
    "partly stuck at 100 classes": BadLoss(
        "ops.minimum(ce, 4.6)", Code.CANNOT_LEARN, "ATTACK: right at 10 classes", at=(100,)
    ),
}

VALUES = {
    "constant": BadLoss("1.0 + 0.0 * se", Code.NO_GRADIENT, "ATTACK"),
    "class prior": BadLoss(
        "se * ops.sum(class_prior)", Code.TRACE, "MISTAKE", parameters="y_true, y_pred, *, class_prior"
    ),
    "prediction-free": BadLoss("ops.mean(ops.square(y_true), axis=-1)", Code.NO_GRADIENT, "ATTACK"),
    "stop gradient": BadLoss("ops.stop_gradient(se)", Code.NO_GRADIENT, "ATTACK"),
    "sign only": BadLoss("ops.mean(ops.abs(ops.sign(r)), axis=-1)", Code.NO_GRADIENT, "MISTAKE"),
    "gradient 1e-30": BadLoss("1e-30 * se", Code.NO_GRADIENT, "ATTACK"),
    "gradient 1e+30": BadLoss("1e30 * se", Code.NO_GRADIENT, "ATTACK"),
    "dead zone": BadLoss("ops.mean(ops.relu(ops.abs(r) - 20.0), axis=-1)", Code.NO_GRADIENT, "MISTAKE"),
    "root of the squared error": BadLoss("ops.sqrt(se)", Code.NOT_FINITE, "MISTAKE: gradient of a root at 0"),
    "log of the error": BadLoss("ops.mean(ops.log(ops.abs(r)), axis=-1)", Code.NOT_FINITE, "SEARCH"),
    "exp of the squared error": BadLoss("ops.exp(se)", Code.NOT_FINITE, "SEARCH: overflow"),
    "log-cosh by hand": BadLoss("ops.mean(ops.log(ops.cosh(r)), axis=-1)", Code.NOT_FINITE, "MISTAKE: overflow"),
    "relative error": BadLoss("ops.mean(ops.abs(r / y_true), axis=-1)", Code.NOT_FINITE, "MISTAKE: targets of 0"),
    "logarithmic error": BadLoss(
        "ops.mean(ops.square(ops.log1p(y_pred) - ops.log1p(y_true)), axis=-1)", Code.NOT_FINITE, "MISTAKE: below -1"
    ),
    "mean over the batch": BadLoss("ops.mean(se)", Code.NOT_PER_SAMPLE, "MISTAKE"),
    "share of the variance": BadLoss(
        "se / ops.mean(ops.square(y_true - ops.mean(y_true, axis=0)))", Code.NOT_PER_SAMPLE, "MISTAKE: R squared"
    ),
    "minus squared error": BadLoss("-se", Code.MISALIGNED, "ATTACK"),
    "target-free": BadLoss("ops.mean(ops.square(y_pred), axis=-1)", Code.CANNOT_LEARN, "ATTACK"),
    "signed error": BadLoss("ops.mean(r, axis=-1)", Code.MISALIGNED, "MISTAKE: errors cancel"),
    "product": BadLoss("-ops.mean(y_true * y_pred, axis=-1)", Code.CANNOT_LEARN, "MISTAKE: unbounded below"),
    "reward for great mistakes": BadLoss("se - 0.001 * ops.square(se)", Code.CANNOT_LEARN, "ATTACK: unbounded below"),
    "only from below": BadLoss("ops.mean(ops.relu(-r), axis=-1)", Code.CANNOT_LEARN, "MISTAKE: half of the errors"),
    "half as large": BadLoss("ops.mean(ops.square(y_pred - 0.5 * y_true), axis=-1)", Code.CANNOT_LEARN, "ATTACK"),
    "a wide dead zone": BadLoss("ops.mean(ops.relu(ops.abs(r) - 1.0), axis=-1)", Code.CANNOT_LEARN, "MISTAKE"),
    "wave": BadLoss("ops.mean(1.0 - ops.cos(3.0 * r), axis=-1)", Code.MISALIGNED, "SEARCH"),
    "target of the mean": BadLoss(
        "ops.square(ops.mean(r, axis=-1))", Code.CANNOT_LEARN, "MISTAKE: errors of several outputs cancel"
    ),
}


def expected(bad: BadLoss, classes: int) -> Code:
    """The code that it gets in a task with so many classes."""
    return bad.otherwise.get(classes, bad.code)
