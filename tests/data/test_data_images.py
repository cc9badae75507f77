"""Data sets by name: from a file of the same kind of images, or the sentence that says which file to put where."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from alphaloss import EvaluatorError
from alphaloss.data import load_images


def write(path, shape, labels=tuple(range(10)), dtype=np.uint8):
    y = np.array(labels)
    x = np.zeros((len(y), *shape), dtype)
    np.savez_compressed(path, x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    return str(path)


def test_a_file_takes_the_place_of_the_download(tmp_path):
    grey = load_images("fashion_mnist", write(tmp_path / "grey.npz", (28, 28)))
    assert (grey.x_train.shape, grey.x_train.dtype) == ((10, 28, 28, 1), np.uint8)
    colour = load_images("cifar100", write(tmp_path / "colour.npz", (32, 32, 3)))
    assert (colour.x_train.shape, colour.x_test.shape) == ((10, 32, 32, 3), (5, 32, 32, 3))


def test_a_file_with_other_images_is_refused(tmp_path):
    wrong = {
        write(tmp_path / "small.npz", (8, 8)): "received uint8 of shape (8, 8, 1) in 10 classes",
        write(tmp_path / "float.npz", (28, 28), dtype=np.float32): "received float32 of shape (28, 28, 1)",
        write(tmp_path / "many.npz", (28, 28), labels=range(11)): "in 11 classes",
    }
    for path, says in wrong.items():
        with pytest.raises(EvaluatorError) as refused:
            load_images("mnist", path)
        assert "must be uint8 of shape (28, 28, 1) in at most 10 classes" in str(refused.value)
        assert says in str(refused.value)
    with pytest.raises(EvaluatorError, match="no data set 'cifar'; expected one of cifar10, cifar100, fashion_mnist"):
        load_images("cifar")


DOWNLOAD = """
from alphaloss import EvaluatorError
from alphaloss.data import load_images

for name in ("cifar10", "cifar100", "fashion_mnist", "mnist"):
    try:
        load_images(name)
    except EvaluatorError as error:
        print(error)
"""


def test_without_network_one_sentence_names_the_file_and_its_place(tmp_path):
    # A process of its own, since Keras reads KERAS_HOME once; nothing listens on port 9 of this machine, so that
    # nothing is fetched where there is a network.
    closed = "http://127.0.0.1:9"
    environment = {"PATH": os.environ["PATH"], "KERAS_HOME": str(tmp_path), "https_proxy": closed}
    done = subprocess.run(
        [sys.executable, "-c", DOWNLOAD], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    sentences = [line for line in done.stdout.splitlines() if not line.startswith("Downloading")]
    assert len(sentences) == 4
    for sentence, file, name in zip(
        sentences,
        ("cifar-10-python.tar.gz", "cifar-100-python.tar.gz", "t10k-labels-idx1-ubyte.gz", "mnist.npz"),
        (
            "cifar-10-batches-py-target_archive",
            "cifar-100-python-target_archive",
            "fashion-mnist/, or",
            "mnist.npz",
        ),
        strict=True,
    ):
        assert f"{file} to {tmp_path}/datasets/{name}" in sentence
        assert "`--data PATH`" in sentence
