"""A candidate as plain Keras runs it, beside the graph that the sandbox traced of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from alphaloss.gate.source import Signature, SourceError, read_signature
from alphaloss.losses.binding import bind
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.types import GraphError
from alphaloss.sandbox import Sandbox, TraceFailure

HUNDRED = sorted((Path(__file__).parent / "hundred").glob("*.py"))
Loss = Callable[[Any, Any], Any]


class Agreement(NamedTuple):
    """How far graph and source differ: the largest difference over the largest number, for value and gradient."""

    value: float
    gradient: float


def trace(sandbox: Sandbox, source: str) -> LossGraph | str:
    """The graph of a candidate, or the sentence that refuses it."""
    try:
        signature = read_signature(source, sandbox.limits.source_bytes)
        arguments = {"inputs": signature.inputs, "constants": signature.constants, "entry": signature.entry}
        trace = sandbox.trace(source, **arguments)  # type: ignore[arg-type]
        return trace.message if isinstance(trace, TraceFailure) else bind(trace)
    except (SourceError, GraphError) as error:
        return str(error)


def compare(path: Path, graph: LossGraph, classes: int) -> Agreement:
    """Run both on the same logits, with one-hot and with soft labels."""
    y_true, y_pred, prior = _data(classes)
    expected = _value_and_gradient(_in_keras(path, prior), y_true, y_pred)
    received = _value_and_gradient(keras_function(graph, prior), y_true, y_pred)
    value, gradient = (
        float(np.max(np.abs(r - e)) / np.max(np.abs(e))) for r, e in zip(received, expected, strict=True)
    )
    assert expected[0].shape == (len(y_true),)
    return Agreement(value, gradient)


def _data(classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, half of them soft, logits and a class prior, in float32."""
    random = np.random.default_rng(0)
    y_true = np.eye(classes)[random.integers(0, classes, 8)]
    y_true[4:] = 0.8 * y_true[4:] + 0.2 * random.dirichlet(np.ones(classes), 4)
    prior = np.linspace(1.0, 2.0, classes)
    arrays = y_true, 2.0 * random.normal(size=(8, classes)), prior / prior.sum()
    return tuple(a.astype("float32") for a in arrays)  # type: ignore[return-value]


def _value_and_gradient(loss: Loss, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logits = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(tf.constant(y_true), logits)
    return value.numpy(), tape.gradient(value, logits).numpy()


def _in_keras(path: Path, prior: np.ndarray) -> Loss:
    """The loss that a file defines, imported as its author would."""
    source = path.read_text()
    signature: Signature = read_signature(source, len(source.encode()))
    name = f"hundred_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loss = getattr(module, signature.entry)
    loss = loss() if isinstance(loss, type) else loss
    loss = loss.call if isinstance(loss, keras.losses.Loss) else loss
    if "class_prior" not in signature.inputs:
        return loss
    return lambda y_true, y_pred: loss(y_true, y_pred, class_prior=tf.constant(prior))
