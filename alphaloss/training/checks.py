"""Checks of a task's data, each with the sentence that names the fault and the next step."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from alphaloss.errors import EvaluatorError
from alphaloss.losses.types import Target
from alphaloss.training.task import Data

_PARTS = ("train", "validation", "test")


def check_data(data: object, target: Target) -> tuple[Data, int]:
    """The data, if it can be trained with, and the width of its labels.

    Args:
        data: what the task's function gave.
        target: what the labels are.

    Returns:
        The data, of a regression with values of shape (samples, outputs); and the number of classes, which is the
        largest label plus one, or of outputs.

    Raises:
        EvaluatorError: it cannot; the message says where and why.
    """
    if not isinstance(data, Data):
        raise EvaluatorError(f"data() must return `alphaloss.Data`; received {type(data).__name__}.")
    for part in _PARTS:
        _check_part(part, getattr(data, f"x_{part}"), getattr(data, f"y_{part}"))
    for part in _PARTS[1:]:
        x = getattr(data, f"x_{part}")
        if x.shape[1:] != data.x_train.shape[1:]:
            raise EvaluatorError(
                f"x_{part} has samples of shape {x.shape[1:]}, x_train of {data.x_train.shape[1:]}; "
                "prepare all parts in the same way."
            )
    return (data, _classes(data)) if target == "classes" else _with_outputs(data)


def data_hash(data: Data) -> str:
    """sha256 over names, types, shapes and contents of all arrays, in hexadecimal."""
    digest = hashlib.sha256()
    for part in _PARTS:
        for name in (f"x_{part}", f"y_{part}"):
            array = np.ascontiguousarray(getattr(data, name))
            digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
            digest.update(array.data)
    return digest.hexdigest()


def _check_part(part: str, x: object, y: object) -> None:
    """What holds for labels of both kinds."""
    for name, array in ((f"x_{part}", x), (f"y_{part}", y)):
        if not isinstance(array, np.ndarray):
            raise EvaluatorError(f"{name} must be a numpy array; received {type(array).__name__}.")
    assert isinstance(x, np.ndarray)
    assert isinstance(y, np.ndarray)
    if x.ndim < 2 or not _real(x):
        raise EvaluatorError(
            f"x_{part} must hold real numbers, shape (samples, ...); received {x.dtype}, shape {x.shape}."
        )
    if len(x) != len(y):
        raise EvaluatorError(f"x_{part} has {len(x)} samples but y_{part} has {len(y)}; they must be as many.")
    if len(x) == 0:
        raise EvaluatorError(f"The {part} data is empty; every part (train, validation, test) needs samples.")
    _check_finite(f"x_{part}", x)


def _classes(data: Data) -> int:
    for part in _PARTS:
        y = getattr(data, f"y_{part}")
        if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
            fix = "use y.argmax(axis=-1) if it is one-hot, y.ravel() if it is a column, y.astype(int) if it is float"
            raise EvaluatorError(
                f"y_{part} must hold integer labels, shape (samples,); received {y.dtype}, shape {y.shape}: {fix}; of "
                "a regression say so, with Task(target='values')."
            )
        if y.min() < 0:
            raise EvaluatorError(f"y_{part} has the label {y.min()}; labels go from 0 to classes - 1.")
    classes = int(max(getattr(data, f"y_{part}").max() for part in _PARTS)) + 1
    # Not a list of all numbers: a stray label may be as large as an integer can be.
    present = np.unique(data.y_train)
    if classes < 2 or len(present) < classes:
        gaps = np.flatnonzero(present != np.arange(len(present)))
        first = int(gaps[0]) if len(gaps) else len(present)
        raise EvaluatorError(
            f"y_train must have every class from 0 to {max(classes, 2) - 1}, the largest label of all parts; it has "
            f"{len(present)} of them, and no sample of {first}. Number the classes without gaps and stratify the split."
        )
    return classes


def _with_outputs(data: Data) -> tuple[Data, int]:
    shaped = {}
    for part in _PARTS:
        y = getattr(data, f"y_{part}")
        if y.ndim not in (1, 2) or not _real(y) or y.shape[1:] == (0,):
            raise EvaluatorError(
                f"y_{part} must hold the values of a regression, shape (samples,) or (samples, outputs); received "
                f"{y.dtype}, shape {y.shape}: use y.reshape(len(y), -1)."
            )
        _check_finite(f"y_{part}", y)
        shaped[f"y_{part}"] = y = y.reshape(len(y), -1).astype(np.float64)
        if (constant := np.flatnonzero(np.ptp(y, axis=0) == 0)).size:
            raise EvaluatorError(
                f"y_{part} has the same value {y[0, constant[0]]:g} in every sample, in output {constant[0]}: there is "
                "nothing to predict. Leave the output out, or mix the samples before splitting."
            )
    outputs = [y.shape[1] for y in shaped.values()]
    if len(set(outputs)) > 1:
        raise EvaluatorError(
            f"The values of train, validation and test have {', '.join(map(str, outputs))} outputs; prepare all parts "
            "in the same way."
        )
    return replace(data, **shaped), outputs[0]


def _real(array: np.ndarray) -> bool:
    return np.issubdtype(array.dtype, np.number) and not np.iscomplexobj(array)


def _check_finite(name: str, array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        where = int(np.argwhere(~np.isfinite(array))[0][0])
        raise EvaluatorError(f"{name} has NaN or infinity, first in sample {where}; remove or impute it.")
