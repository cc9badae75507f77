"""scikit-learn's handwritten digits, clean: 1,797 images of 8x8 pixels in 10 classes."""

from __future__ import annotations

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from alphaloss import Data, Rung, Task


def data() -> Data:
    """750 images to train with, 200 to validate (the trusted set), 847 to test; the split is fixed and stratified."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32").reshape(-1, 8, 8, 1)
    x, x_test, y, y_test = train_test_split(x, y, train_size=950, stratify=y, random_state=0)
    x, x_validation, y, y_validation = train_test_split(x, y, train_size=750, stratify=y, random_state=0)
    return Data(
        x_train=x, y_train=y, x_validation=x_validation, y_validation=y_validation, x_test=x_test, y_test=y_test
    )


def model() -> keras.Model:
    """One convolution and one wide layer: small, yet large enough to memorise wrong labels."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(10),  # logits: no softmax
        ]
    )


def optimizer() -> keras.optimizers.Optimizer:
    """A learning rate at which 25 epochs are enough to memorise wrong labels."""
    return keras.optimizers.Adam(6e-3)


task = Task(
    name="digits",
    data=data,
    model=model,
    optimizer=optimizer,
    metric="accuracy",
    batch_size=64,
    rungs=(Rung(name="full", epochs=25),),
)
