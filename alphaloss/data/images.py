"""Image data sets by name: from `keras.datasets`, or from an `.npz` file that holds the same kind of images."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from alphaloss.data.dataset import Dataset
from alphaloss.data.npz import read_npz
from alphaloss.errors import EvaluatorError

_CONNECT_SECONDS = 10.0  # without it a firewall that drops packets makes a download hang for minutes


@dataclass(frozen=True)
class _Known:
    """What a named data set looks like, and where Keras looks for it.

    `files` are the publisher's; `place` is where Keras expects them, below its folder: a folder if it ends in a slash.
    """

    shape: tuple[int, int, int]
    classes: int
    files: tuple[str, ...]
    place: str


_FASHION = tuple(
    f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
_KNOWN = {
    "cifar10": _Known((32, 32, 3), 10, ("cifar-10-python.tar.gz",), "cifar-10-batches-py-target_archive"),
    "cifar100": _Known((32, 32, 3), 100, ("cifar-100-python.tar.gz",), "cifar-100-python-target_archive"),
    "fashion_mnist": _Known((28, 28, 1), 10, _FASHION, "fashion-mnist/"),
    "mnist": _Known((28, 28, 1), 10, ("mnist.npz",), "mnist.npz"),
}


def load_images(name: str, path: str = "") -> Dataset:
    """An image data set that Keras knows.

    Args:
        name: `cifar10`, `cifar100`, `fashion_mnist` or `mnist`.
        path: of an .npz file to read instead, with images of the same shape and no more classes, for a machine
            without network or for a part of the data; empty for the one that Keras downloads once.

    Returns:
        Images uint8, shape (samples, height, width, channels), channels 1 or 3.

    Raises:
        EvaluatorError: the name is unknown, the data cannot be fetched, or the file does not hold such images.
    """
    if name not in _KNOWN:
        raise EvaluatorError(f"There is no data set {name!r}; expected one of {', '.join(_KNOWN)}.")
    known = _KNOWN[name]
    dataset = read_npz(path) if path else _download(name)
    images = replace(dataset, x_train=_with_channels(dataset.x_train), x_test=_with_channels(dataset.x_test))
    shape, types = images.x_train.shape[1:], {images.x_train.dtype.name, images.x_test.dtype.name}
    if shape != known.shape or types != {"uint8"} or images.classes > known.classes:
        raise EvaluatorError(
            f"{path or name}: images must be uint8 of shape {known.shape} in at most {known.classes} classes, as those "
            f"of {name}; received {' and '.join(sorted(types))} of shape {shape} in {images.classes} classes. "
            "For other images write an evaluator of your own: docs/own-task.md."
        )
    return images


def _with_channels(x: np.ndarray) -> np.ndarray:
    return x[..., np.newaxis] if x.ndim == 3 else x


def _download(name: str) -> Dataset:
    """What `keras.datasets` gives: from its folder, or else from the network, once."""
    with _alone(), _timeout():
        try:
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
        except Exception as error:
            # Without network Keras raises a bare Exception; a broken connection or file is one of the others.
            if type(error) is not Exception and not isinstance(error, OSError | EOFError):
                raise
            raise EvaluatorError(f"{_where_to_put(name)} ({type(error).__name__}: {error})") from None
    return Dataset(
        x_train=x_train,
        y_train=y_train.ravel().astype(np.int64),
        x_test=x_test,
        y_test=y_test.ravel().astype(np.int64),
    )


def _where_to_put(name: str) -> str:
    known = _KNOWN[name]
    return (
        f"{name} can neither be read from {_folder()} nor downloaded: copy {', '.join(known.files)} to "
        f"{_folder()}/{known.place}, or give an .npz file of such images with `--data PATH`."
    )


def _folder() -> Path:
    """Where Keras keeps data sets; it does not tell."""
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")  # noqa: S108  # Keras' choice
    return Path(os.environ.get("KERAS_HOME", home / ".keras")) / "datasets"


@contextmanager
def _alone() -> Iterator[None]:
    """One download at a time: all workers of a run start at once, and Keras writes to the final file."""
    _folder().mkdir(parents=True, exist_ok=True)
    with (_folder() / ".alphaloss.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _timeout() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
