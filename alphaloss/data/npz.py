"""Reading the arrays x_train, y_train, x_test and y_test of an `.npz` file."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from alphaloss.data.dataset import Dataset
from alphaloss.errors import EvaluatorError

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_BROKEN = (ValueError, EOFError, zipfile.BadZipFile, zlib.error)  # ValueError: of arrays that hold objects


def read_npz(path: str | Path) -> Dataset:
    """The data set in a file that `numpy.savez` or `numpy.savez_compressed` wrote.

    Args:
        path: of the file; its arrays are x_train and x_test, shape (samples, ...), and y_train and y_test, integers,
            shape (samples,) or (samples, 1).

    Raises:
        EvaluatorError: there is no such file, it cannot be read, or its arrays do not fit together.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise EvaluatorError(f"There is no file `{path}` (looked in {Path.cwd()}); expected an .npz with data.")
    try:
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile("no zip archive")
        with np.load(path, allow_pickle=False) as file:
            missing = [key for key in _KEYS if key not in file]
            if missing:
                raise EvaluatorError(
                    f"{path} has no {', '.join(missing)}; expected the arrays {', '.join(_KEYS)}, received "
                    f"{', '.join(file.files) or 'none'}. Write it with `numpy.savez(path, x_train=..., ...)`."
                )
            arrays = {key: file[key] for key in _KEYS}
    except _BROKEN as error:
        raise EvaluatorError(
            f"{path} cannot be read as an .npz of plain arrays ({str(error).splitlines()[0]}); write it with "
            "`numpy.savez_compressed(path, x_train=..., y_train=..., x_test=..., y_test=...)`."
        ) from None
    for part in ("train", "test"):
        arrays[f"y_{part}"] = _labels(path, part, arrays)
    x_train, y_train, x_test, y_test = (arrays[key] for key in _KEYS)
    dataset = Dataset(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise EvaluatorError(
            f"{path}: samples of x_train have shape {x_train.shape[1:]}, those of x_test "
            f"{x_test.shape[1:]}; expected the same."
        )
    return dataset


def _labels(path: Path, part: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
    x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        raise EvaluatorError(
            f"{path}: y_{part} must hold integer labels, shape (samples,); received {y.dtype}, shape {y.shape}. "
            "Use y.argmax(axis=-1) if it is one-hot, y.astype(int) if it is float."
        )
    if x.ndim < 2 or len(x) != len(y) or len(y) == 0:
        raise EvaluatorError(
            f"{path}: x_{part} has shape {x.shape}, y_{part} {y.shape}; expected (samples, ...) and (samples,), as "
            "many of both and at least one."
        )
    if y.min() < 0:
        raise EvaluatorError(f"{path}: y_{part} has the label {y.min()}; labels go from 0 to classes - 1.")
    return y.astype(np.int64)
