"""Generalized cross-entropy: (1 - p_t^q) / q.

Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", 2018 (arXiv
1805.07836); q = 0.7. It goes from cross-entropy (q -> 0) to the mean absolute error (q = 1). The power is taken of
log p, because the gradient of p^q is infinite at p = 0.
"""

from keras import ops


def loss(y_true, y_pred, *, q=0.7):
    log_p = ops.log_softmax(y_pred, axis=-1)
    return ops.sum(y_true * (1.0 - ops.exp(q * log_p)), axis=-1) / q
