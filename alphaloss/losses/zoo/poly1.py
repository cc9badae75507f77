"""Poly-1: -log p_t + epsilon (1 - p_t).

Leng et al., "PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions", 2022 (arXiv 2204.12511):
cross-entropy with another first coefficient in its Taylor series; epsilon = 2.
"""

from keras import ops


def loss(y_true, y_pred, *, epsilon=2.0):
    log_p = ops.log_softmax(y_pred, axis=-1)
    p_true = ops.sum(y_true * ops.exp(log_p), axis=-1)
    return epsilon * (1.0 - p_true) - ops.sum(y_true * log_p, axis=-1)
