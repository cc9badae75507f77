"""Reading `.npz` files: what is right comes back as it was, what is wrong is named with the file and the fix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alphaloss import EvaluatorError
from alphaloss.data import read_npz

X = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
GOOD = {"x_train": X[:4], "y_train": np.array([0, 1, 0, 1]), "x_test": X[4:], "y_test": np.array([1, 0], np.uint8)}


def write(folder: Path, **changes: np.ndarray) -> Path:
    path = folder / "data.npz"
    np.savez_compressed(path, **GOOD | changes)
    return path


def test_arrays_come_back_and_columns_of_labels_are_made_flat(tmp_path):
    dataset = read_npz(write(tmp_path, y_train=GOOD["y_train"][:, None]))
    assert np.array_equal(dataset.x_train, GOOD["x_train"])
    assert dataset.x_train.dtype == np.uint8
    assert (dataset.y_train.tolist(), dataset.y_test.tolist()) == ([0, 1, 0, 1], [1, 0])
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.int64
    assert dataset.classes == 2


def test_what_cannot_be_read_is_named(tmp_path):
    good = write(tmp_path).read_bytes()
    objects = tmp_path / "objects.npz"
    np.savez(objects, **GOOD | {"x_test": np.array([{}, {}], object)})
    keys = tmp_path / "keys.npz"
    np.savez(keys, images=X, labels=GOOD["y_train"])
    array = tmp_path / "array.npz"
    with array.open("wb") as file:
        np.save(file, X)
    broken = {
        tmp_path / "none.npz": (None, "There is no file"),
        tmp_path / "text.npz": (b"x,y\n1,2\n", "cannot be read as an .npz"),
        tmp_path / "empty.npz": (b"", "cannot be read as an .npz"),
        tmp_path / "half.npz": (good[: len(good) // 2], "cannot be read as an .npz"),
        tmp_path / "spoilt.npz": (good[:60] + b"\xff" * 40 + good[100:], "cannot be read as an .npz"),
        objects: (None, "cannot be read as an .npz"),
        array: (None, "cannot be read as an .npz"),
        keys: (None, "has no x_train, y_train, x_test, y_test; expected"),
    }
    for path, (content, says) in broken.items():
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(EvaluatorError) as refused:
            read_npz(path)
        assert says in str(refused.value)
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"y_train": np.eye(2)[[0, 1, 0, 1]]}, "y_train must hold integer labels, shape (samples,); received float64"),
        ({"y_test": np.array([0.0, 1.0])}, "y_test must hold integer labels"),
        ({"y_train": np.array([0, 1])}, "x_train has shape (4, 2, 2), y_train (2,)"),
        ({"x_train": np.arange(4)}, "x_train has shape (4,)"),
        ({"y_test": np.array([-1, 0])}, "y_test has the label -1"),
        ({"x_test": np.zeros((2, 3, 3), np.uint8)}, "x_train have shape (2, 2), those of x_test (3, 3)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, changes, says):
    with pytest.raises(EvaluatorError) as refused:
        read_npz(write(tmp_path, **changes))
    assert says in str(refused.value)
