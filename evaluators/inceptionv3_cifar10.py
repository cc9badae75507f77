"""CIFAR-10 with InceptionV3 from scratch; the recipe that `inceptionv3_cifar100` and `_fashion_mnist` share.

It needs a GPU, and has been built and trained on a CPU at small size only: nothing here was run on a GPU.

The preset `thesis` is the set-up that searches for loss functions have been judged on, as far as it can be told from
the published example of Akhmedova and Koerber (Next Generation Loss, arXiv 2404.12948): images enlarged eight times,
90 % of the training images in batches of 64, 6 or 10 epochs. There is one difference: the last layer has no softmax,
since losses take logits.

The preset `practical` has the same network on images that are as small as it can take.
"""

from __future__ import annotations

from functools import partial

import keras

from alphaloss import EvaluatorError, ReduceOnPlateau, Rung, Task
from alphaloss.data import label_transforms, load_images, split

PRESETS = ("practical", "thesis")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
SHAPES = {"cifar10": (32, 32, 3), "cifar100": (32, 32, 3), "fashion_mnist": (28, 28, 1)}
CLASSES = {"cifar10": 10, "cifar100": 100, "fashion_mnist": 10}
SMALLEST = 75  # pixels: what InceptionV3's layers without padding leave something of


def recipe(
    dataset: str,
    preset: str = "practical",
    data: str = "",
    noise: float = 0.0,
    epochs: int = 10,
    image_size: int = SMALLEST,
    precision: str = "float32",
    xla: bool = False,
) -> Task:
    """InceptionV3 on a data set.

    Args:
        dataset: `cifar10`, `cifar100` or `fashion_mnist`.
        preset: `practical` or `thesis`, see above.
        data: an .npz with such images (x_train, y_train, x_test, y_test); empty for the one that Keras downloads.
        noise: share of the training labels that are some other class.
        epochs: of the full rung.
        image_size: height and width that images are enlarged to, at least 75; `practical` only.
        precision: of the network: `float32`, `mixed_bfloat16` (GPUs since Ampere) or `mixed_float16`.
        xla: compile with XLA, which takes minutes and pays on a GPU.
    """
    for option, value, known in (("preset", preset, PRESETS), ("precision", precision, PRECISIONS)):
        if value not in known:
            raise EvaluatorError(f"The option `{option}` must be {' or '.join(known)}; received {value!r}.")
    if image_size < SMALLEST:
        raise EvaluatorError(f"The option `image_size` must be at least {SMALLEST}; received {image_size}.")
    thesis = preset == "thesis"
    shape, classes = SHAPES[dataset], CLASSES[dataset]
    full = Rung(name="full", epochs=epochs) if thesis else Rung(name="full", epochs=epochs, image_size=image_size)
    fifth = full.model_copy(update={"name": "fifth", "share": 0.2})
    return Task(
        name=f"inceptionv3-{dataset.replace('_', '-')}",
        # The published split is not stratified: 45,000 images of CIFAR are 704 steps, 54,000 of Fashion-MNIST 844.
        data=lambda: split(load_images(dataset, data), 0.1, stratify=not thesis, seed=42),
        model=lambda size=0: model(shape, classes, size, precision),
        optimizer=lambda: optimizer(precision),
        batch_size=64 if thesis else 128,
        rungs=(full,) if thesis else (fifth, full),
        transforms=label_transforms(noise),
        plateau=ReduceOnPlateau(factor=0.2, patience=5, least=1e-4),
        xla=xla,
    )


def model(shape: tuple[int, int, int], classes: int, size: int, precision: str) -> keras.Model:
    """Augmentation, InceptionV3 and two dense layers; logits.

    Args:
        shape: of an image: height, width, channels.
        classes: outputs.
        size: height and width that images are enlarged to; 0 for eight times theirs, by repeating pixels.
        precision: name of a Keras dtype policy.
    """
    layers = keras.layers
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)  # InceptionV3 takes it from here only
    try:
        return keras.Sequential(
            [
                keras.Input(shape),
                layers.RandomFlip("horizontal"),
                layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
                layers.RandomZoom((-0.2, 0.2), (-0.2, 0.2), fill_mode="nearest"),
                layers.Rescaling(1 / 127.5, offset=-1),  # InceptionV3's `preprocess_input`
                *([layers.Resizing(size, size)] if size else [layers.UpSampling2D() for _ in range(3)]),
                keras.applications.InceptionV3(
                    include_top=False,
                    weights=None,
                    pooling="max",
                    input_shape=(size or 8 * shape[0], size or 8 * shape[1], shape[2]),
                ),
                layers.Flatten(),
                layers.BatchNormalization(),
                layers.Dense(128, activation="relu"),
                layers.Dropout(0.5),
                layers.BatchNormalization(),
                layers.Dense(64, activation="relu"),
                layers.Dropout(0.5),
                layers.BatchNormalization(),
                layers.Dense(classes, dtype="float32"),  # logits: no softmax
            ]
        )
    finally:
        keras.config.set_dtype_policy(before)


def optimizer(precision: str) -> keras.optimizers.Optimizer:
    """Adam with Keras' defaults, for half precision with a loss scale that keeps small gradients above zero."""
    adam = keras.optimizers.Adam(1e-3)
    return keras.optimizers.LossScaleOptimizer(adam) if precision == "mixed_float16" else adam


task = partial(recipe, "cifar10")
