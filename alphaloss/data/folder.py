"""Reading images from folders, one folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from alphaloss.data.dataset import Dataset
from alphaloss.data.memory import require_memory
from alphaloss.errors import EvaluatorError

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")  # what TensorFlow decodes


def read_folder(path: str | Path, *, size: int, channels: int = 3, test: float = 0.2, seed: int = 0) -> Dataset:
    """The images of a folder, decoded and resized.

    Either `path` has a folder for each class, and a part of the images becomes the test part; or it has folders `train`
    and `test`, each with a folder for each class. Classes are numbered in the order of their names.

    Args:
        path: of the folder.
        size: height and width to which images are resized (bilinear), in pixels.
        channels: 3 for colour, 1 for grey.
        test: share of the images that becomes the test part, where there is no folder `test`; stratified.
        seed: draws the test part.

    Returns:
        Images uint8, shape (samples, size, size, channels).

    Raises:
        EvaluatorError: a folder is missing or empty, an image cannot be read, or the images do not fit into memory.
    """
    path = Path(path).expanduser()
    parts = [path / "train", path / "test"] if (path / "train").is_dir() and (path / "test").is_dir() else [path]
    names = _classes(parts[0])
    for part in parts[1:]:
        if _classes(part) != names:
            raise EvaluatorError(
                f"{part} has the classes {', '.join(_classes(part))}, {parts[0]} has {', '.join(names)}; expected the "
                "same folders in both."
            )
    files = [[_images(part / name) for name in names] for part in parts]
    count = sum(len(of_class) for of_part in files for of_class in of_part)
    require_memory(f"{path}: {count} images of {size}x{size}x{channels}", count * size * size * channels)
    decoded = [_decode(of_part, size, channels) for of_part in files]
    if len(decoded) == 2:
        (x_train, y_train), (x_test, y_test) = decoded
    else:
        x_train, y_train, x_test, y_test = _split_test(path, *decoded[0], test, seed)
    return Dataset(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, names=tuple(names))


def _classes(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise EvaluatorError(f"There is no folder `{folder}` (looked in {Path.cwd()}); expected one with images.")
    names = sorted(f.name for f in folder.iterdir() if f.is_dir() and not f.name.startswith("."))
    if len(names) < 2:
        raise EvaluatorError(
            f"{folder} must have a folder for each class, at least two; it has {', '.join(names) or 'none'}."
        )
    return names


def _images(folder: Path) -> list[Path]:
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in _ENDINGS and not f.name.startswith("."))
    if not files:
        raise EvaluatorError(
            f"{folder} has no images; expected files that end in {', '.join(_ENDINGS)}. Add some, or remove the folder."
        )
    return files


def _decode(files: list[list[Path]], size: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (samples, size, size, channels), uint8, and labels (samples,)."""
    import tensorflow as tf  # noqa: PLC0415  # seconds, and errors in the folders shall show before

    labels = np.repeat(np.arange(len(files)), [len(of_class) for of_class in files])
    images = np.empty((len(labels), size, size, channels), np.uint8)
    for i, file in enumerate(f for of_class in files for f in of_class):
        try:
            image = tf.io.decode_image(tf.io.read_file(str(file)), channels=channels, expand_animations=False)
        except tf.errors.InvalidArgumentError:
            raise EvaluatorError(
                f"{file} cannot be read as an image; expected one of {', '.join(_ENDINGS)}. Remove or mend it."
            ) from None
        resized = tf.image.resize(image, (size, size), antialias=True)
        images[i] = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    return images, labels


def _split_test(
    path: Path, x: np.ndarray, y: np.ndarray, test: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    classes, fewest = int(y.max()) + 1, int(np.bincount(y).min())
    held = round(test * len(y))
    if fewest < 2 or not classes <= held <= len(y) - classes:
        raise EvaluatorError(
            f"{path}: of {len(y)} images in {classes} classes, the rarest with {fewest}, a share of {test} cannot "
            "become a test part with every class; add images, or make the folders `train` and `test` yourself."
        )
    kept, out = train_test_split(np.arange(len(y)), test_size=held, stratify=y, random_state=seed)
    return x[kept], y[kept], x[out], y[out]
