import math
from functools import lru_cache

from keras import ops


@lru_cache(maxsize=None)
def coefficient(k: int) -> float:
    return 1.0 / math.factorial(k)


def loss(y_true, y_pred):
    z = ops.sum((1.0 - y_true) * ops.sigmoid(y_pred), axis=-1) + 1.0 - ops.sum(y_true * ops.sigmoid(y_pred), axis=-1)
    return sum(coefficient(k) * z**k for k in range(1, 5))
