"""Symmetric cross-entropy: alpha CE + beta RCE, where RCE = -sum_k p_k log y_k with log 0 := A.

Wang et al., "Symmetric Cross Entropy for Robust Learning with Noisy Labels", 2019 (arXiv 1908.06112); alpha = 0.1,
beta = 1 and A = -4, the paper's values for CIFAR-10. For a one-hot label RCE = -A (1 - p_t).
"""

from keras import ops


def loss(y_true, y_pred, *, alpha=0.1, beta=1.0, log_zero=-4.0):
    cross_entropy = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
    reverse = -log_zero * (1.0 - ops.sum(y_true * ops.softmax(y_pred, axis=-1), axis=-1))
    return alpha * cross_entropy + beta * reverse
