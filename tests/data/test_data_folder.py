"""Reading images from folders: pixels, labels and sizes are right, and whatever is wrong is named."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from alphaloss import EvaluatorError
from alphaloss.data import read_folder

COLOURS = {"blue": (0, 0, 255), "green": (0, 255, 0), "red": (255, 0, 0)}


def paint(folder, colours=COLOURS, images=5, ending="png", size=(6, 9)):
    """`images` images of one colour in a folder of that colour's name, the darker the higher their number."""
    for name, colour in colours.items():
        (folder / name).mkdir(parents=True)
        for i in range(images):
            pixels = np.broadcast_to(np.array(colour) * (1 - i / 10), (*size, 3))
            keras.utils.save_img(folder / name / f"{i}.{ending}", pixels, scale=False)


def test_one_folder_a_class_becomes_a_training_and_a_test_part(tmp_path):
    paint(tmp_path)
    (tmp_path / "red" / "notes.txt").write_text("not an image")
    (tmp_path / ".cache").mkdir()
    dataset = read_folder(tmp_path, size=4)
    assert dataset.names == ("blue", "green", "red")
    assert dataset.x_train.dtype == np.uint8
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((12, 4, 4, 3), (3, 4, 4, 3))
    assert np.bincount(dataset.y_test).tolist() == [1, 1, 1]
    for x, y in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)):
        assert np.array_equal(2 - x.mean(axis=(1, 2)).argmax(axis=-1), y)  # blue, the third channel, is class 0
    brightness = np.concatenate([dataset.x_train, dataset.x_test]).max(axis=(1, 2, 3))
    assert sorted(brightness.tolist()) == sorted([255, 229, 204, 178, 153] * 3)  # 255 (1 - i/10), cut off by save_img
    again = read_folder(tmp_path, size=4)
    assert np.array_equal(again.x_test, dataset.x_test)


def test_a_test_folder_is_used_as_it_is_and_grey_has_one_channel(tmp_path):
    paint(tmp_path / "train", images=2, ending="jpg")
    paint(tmp_path / "test", images=1)
    dataset = read_folder(tmp_path, size=5, channels=1)
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((6, 5, 5, 1), (3, 5, 5, 1))
    assert dataset.y_train.tolist() == [0, 0, 1, 1, 2, 2]
    # The luma of ITU-R BT.601: .114 blue, .587 green, .299 red.
    np.testing.assert_allclose(dataset.x_test.mean(axis=(1, 2, 3)) / 255, [0.114, 0.587, 0.299], atol=0.004)


def test_an_image_that_has_the_size_keeps_its_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 7, 7, 3))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(4):
            keras.utils.save_img(tmp_path / name / f"{i}.png", pixels["ab".index(name), i], scale=False)
    dataset = read_folder(tmp_path, size=7, test=0.25)
    found = np.concatenate([dataset.x_train, dataset.x_test]).reshape(8, -1)
    assert {row.tobytes() for row in found} == {row.astype(np.uint8).tobytes() for row in pixels.reshape(8, -1)}


def test_what_is_wrong_with_a_folder_is_named(tmp_path):
    paint(tmp_path / "few", images=1)
    paint(tmp_path / "empty")
    (tmp_path / "empty" / "violet").mkdir()
    paint(tmp_path / "one", {"red": COLOURS["red"]})
    paint(tmp_path / "differ" / "train")
    paint(tmp_path / "differ" / "test", {"red": COLOURS["red"], "pink": (255, 9, 9)})
    paint(tmp_path / "broken")
    (tmp_path / "broken" / "green" / "3.png").write_bytes(b"not an image")
    paint(tmp_path / "large")
    wrong = {
        "none": ({"size": 4}, "There is no folder"),
        "few": ({"size": 4}, "of 3 images in 3 classes, the rarest with 1, a share of 0.2 cannot become a test part"),
        "empty": ({"size": 4}, "violet has no images; expected files that end in .bmp, "),
        "one": ({"size": 4}, "must have a folder for each class, at least two; it has red"),
        "differ": ({"size": 4}, "has the classes pink, red, "),
        "broken": ({"size": 4}, "green/3.png cannot be read as an image"),
        # 15 images of 3 * 10^12 bytes, three times.
        "large": ({"size": 10**6}, "15 images of 1000000x1000000x3 need 128746032 MiB while they are loaded, and"),
    }
    for name, (arguments, says) in wrong.items():
        with pytest.raises(EvaluatorError) as refused:
            read_folder(tmp_path / name, **arguments)
        assert says in str(refused.value)
        assert "\n" not in str(refused.value)
