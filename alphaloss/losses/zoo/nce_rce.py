"""Normalised and reverse cross-entropy: alpha NCE + beta RCE, where NCE = log p_t / sum_k log p_k, RCE = -A (1 - p_t).

Ma et al., "Normalized Loss Functions for Deep Learning with Noisy Labels", 2020 (arXiv 2006.13554), its "active passive
loss"; alpha = beta = 1. A = -4 stands for log 0, as in symmetric cross-entropy.
"""

from keras import ops


def loss(y_true, y_pred, *, alpha=1.0, beta=1.0, log_zero=-4.0):
    log_p = ops.log_softmax(y_pred, axis=-1)
    normalised = ops.sum(y_true * log_p, axis=-1) / ops.sum(log_p, axis=-1)
    reverse = -log_zero * (1.0 - ops.sum(y_true * ops.exp(log_p), axis=-1))
    return alpha * normalised + beta * reverse
