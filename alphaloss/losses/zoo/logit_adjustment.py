"""Logit-adjusted cross-entropy: the cross-entropy of z_k + tau log prior_k.

Menon et al., "Long-tail learning via logit adjustment", 2021 (arXiv 2007.07314); tau = 1. For training data in which
some classes are rare, and a test in which every class counts the same. Where all are equally frequent, it is
cross-entropy.
"""

from keras import ops


def loss(y_true, y_pred, *, class_prior, tau=1.0):
    log_p = ops.log_softmax(y_pred + tau * ops.log(class_prior), axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
