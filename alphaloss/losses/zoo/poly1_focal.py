"""Poly-1 focal loss: -(1 - p_t)^gamma log p_t + epsilon (1 - p_t)^(gamma + 1).

Leng et al., "PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions", 2022 (arXiv 2204.12511):
the focal loss with another first coefficient in its Taylor series; gamma = 2, and epsilon = 1, which the paper tunes
for each task.
"""

from keras import ops


def loss(y_true, y_pred, *, gamma=2.0, epsilon=1.0):
    log_p_true = ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
    rest = 1.0 - ops.exp(log_p_true)
    return rest**gamma * (epsilon * rest - log_p_true)
