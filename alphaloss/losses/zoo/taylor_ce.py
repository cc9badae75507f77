"""Taylor cross-entropy: sum_{j=1..N} (1 - p_t)^j / j, with N = 2.

Feng et al., "Can Cross Entropy Loss Be Robust to Label Noise?", 2020 (IJCAI): the first terms of the Taylor series of
-log p_t at p_t = 1. It lies between the mean absolute error (N = 1) and cross-entropy (all terms).
"""

from keras import ops


def loss(y_true, y_pred):
    rest = 1.0 - ops.sum(y_true * ops.softmax(y_pred, axis=-1), axis=-1)
    return rest + ops.square(rest) / 2.0
