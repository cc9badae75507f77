"""Data sets for evaluator files: by name, from an `.npz` file, or from folders of images.

    data = lambda: split(load_images("cifar10"), validation=5_000)
    data = lambda: split(read_folder("photos", size=64), validation=0.1)

Images stay uint8, shape (samples, height, width, channels): a quarter of the memory of float32. Scale them inside the
model, with `keras.layers.Rescaling(1 / 255)`.
"""

from alphaloss.data.dataset import Dataset, split
from alphaloss.data.folder import read_folder
from alphaloss.data.images import load_images
from alphaloss.data.labels import label_transforms
from alphaloss.data.npz import read_npz

__all__ = ["Dataset", "label_transforms", "load_images", "read_folder", "read_npz", "split"]
