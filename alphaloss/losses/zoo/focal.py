"""Focal loss: -(1 - p_t)^gamma log p_t.

Lin et al., "Focal Loss for Dense Object Detection", 2017 (arXiv 1708.02002); gamma = 2, without the factor alpha, which
is a pure scale when all classes share it.
"""

from keras import ops


def loss(y_true, y_pred, *, gamma=2.0):
    log_p = ops.log_softmax(y_pred, axis=-1)
    log_p_true = ops.sum(y_true * log_p, axis=-1)
    return -((1.0 - ops.exp(log_p_true)) ** gamma) * log_p_true
