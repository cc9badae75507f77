"""`Dataset`: samples with labels, in a training and a test part; and how a validation part is split off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from alphaloss.errors import EvaluatorError
from alphaloss.training.task import Data


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What a file, a folder or a name holds.

    Attributes:
        x_train: inputs, shape (samples, ...); `x_test` alike.
        y_train: labels, shape (samples,), int64 from 0 to classes - 1; `y_test` alike.
        names: of the classes, where they are known; else empty.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """The largest label plus one."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1


def split(
    dataset: Dataset, validation: int | float, *, train: int | None = None, stratify: bool = True, seed: int = 0
) -> Data:
    """The data of a task: a validation part is split off the training part; the test part stays as it is.

    Equal arguments give equal arrays: the split belongs to the task, not to the seed of a training.

    Args:
        dataset: what to split.
        validation: number of validation samples, or their share of the training part if below 1.
        train: number of training samples; None keeps all that are left.
        stratify: keep the proportions of the classes; else draw from all samples alike.
        seed: draws the split (`random_state` of `sklearn.model_selection.train_test_split`).

    Raises:
        EvaluatorError: there are fewer samples than asked for, or fewer than stratifying needs.
    """
    available = len(dataset.y_train)
    count = round(validation * available) if validation < 1 else int(validation)
    left = available - count
    if not (count >= 1 and left >= 1 and 1 <= (left if train is None else train) <= left):
        raise EvaluatorError(
            f"split: {available} training samples cannot give {count} for validation and {train or 'some'} for "
            "training; ask for fewer."
        )
    if stratify:
        _check_stratifiable(dataset, min(count, left if train is None else train))
    labels = dataset.y_train
    kept, held = train_test_split(
        np.arange(available), test_size=count, stratify=labels if stratify else None, random_state=seed
    )
    if train is not None and train < left:
        kept, _ = train_test_split(
            kept, train_size=train, stratify=labels[kept] if stratify else None, random_state=seed
        )
    return Data(
        x_train=dataset.x_train[kept],
        y_train=labels[kept],
        x_validation=dataset.x_train[held],
        y_validation=labels[held],
        x_test=dataset.x_test,
        y_test=dataset.y_test,
    )


def _check_stratifiable(dataset: Dataset, smallest: int) -> None:
    counts = np.bincount(dataset.y_train, minlength=dataset.classes)
    rarest = int(counts.argmin())
    if counts[rarest] < 3:
        name = f" ({dataset.names[rarest]})" if dataset.names else ""
        raise EvaluatorError(
            f"split: class {rarest}{name} has {counts[rarest]} training samples; a stratified split needs 3 of each. "
            "Add some, or leave the class out."
        )
    if smallest < dataset.classes:
        raise EvaluatorError(
            f"split: {smallest} samples cannot hold all {dataset.classes} classes; ask for at least as many."
        )
