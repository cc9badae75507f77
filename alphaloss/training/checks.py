"""Checks of a task's data, each with the sentence that names the fault and the next step."""

from __future__ import annotations

import hashlib

import numpy as np

from alphaloss.errors import EvaluatorError
from alphaloss.training.task import Data

_PARTS = ("train", "validation", "test")


def check_data(data: object) -> tuple[Data, int]:
    """The data, if it can be trained with, and its number of classes: the largest label plus one.

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
    classes = int(max(getattr(data, f"y_{part}").max() for part in _PARTS)) + 1
    missing = sorted(set(range(classes)) - set(np.unique(data.y_train).tolist()))
    if classes < 2 or missing:
        raise EvaluatorError(
            f"y_train must have every class from 0 to {max(classes, 2) - 1}; it has no sample of "
            f"{', '.join(map(str, missing[:5])) or '1'}. Number the classes without gaps and stratify the split."
        )
    return data, classes


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
    for name, array in ((f"x_{part}", x), (f"y_{part}", y)):
        if not isinstance(array, np.ndarray):
            raise EvaluatorError(f"{name} must be a numpy array; received {type(array).__name__}.")
    assert isinstance(x, np.ndarray)
    assert isinstance(y, np.ndarray)
    if x.ndim < 2 or not np.issubdtype(x.dtype, np.number) or np.iscomplexobj(x):
        raise EvaluatorError(
            f"x_{part} must hold real numbers, shape (samples, ...); received {x.dtype}, shape {x.shape}."
        )
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        fix = "use y.argmax(axis=-1) if it is one-hot, y.ravel() if it is a column, y.astype(int) if it is float"
        raise EvaluatorError(
            f"y_{part} must hold integer labels, shape (samples,); received {y.dtype}, shape {y.shape}: {fix}."
        )
    if len(x) != len(y):
        raise EvaluatorError(f"x_{part} has {len(x)} samples but y_{part} has {len(y)}; they must be as many.")
    if len(x) == 0:
        raise EvaluatorError(f"The {part} data is empty; every part (train, validation, test) needs samples.")
    if y.min() < 0:
        raise EvaluatorError(f"y_{part} has the label {y.min()}; labels go from 0 to classes - 1.")
    if not np.isfinite(x).all():
        where = int(np.argwhere(~np.isfinite(x))[0][0])
        raise EvaluatorError(f"x_{part} has NaN or infinity, first in sample {where}; remove or impute it.")
