from __future__ import annotations

from typing import Any, Optional

import keras
from keras import ops

Tensor = Any


def _safe_log(x: Tensor, eps: Optional[float] = None) -> Tensor:
    eps = keras.config.epsilon() if eps is None else eps
    return ops.log(ops.clip(x, eps, 1.0))


def loss(y_true: Tensor, y_pred: Tensor, temperature: float = 1.0) -> Tensor:
    scaled: Tensor = y_pred / temperature
    return -ops.sum(y_true * _safe_log(ops.softmax(scaled)), axis=-1)
