"""Quantile loss: the mean over the outputs of max(tau r, (tau - 1) r), where r = y_true - y_pred.

Koenker and Bassett, "Regression Quantiles", 1978; tau = 0.9: a prediction that is too low costs nine times one that is
too high. tau = 0.5 is half the absolute error.
"""

from keras import ops


def loss(y_true, y_pred, *, tau=0.9):
    residual = y_true - y_pred
    return ops.mean(ops.maximum(tau * residual, (tau - 1.0) * residual), axis=-1)
