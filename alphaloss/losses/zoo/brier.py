"""Brier score: sum_k (p_k - y_k)^2.

Brier, "Verification of Forecasts Expressed in Terms of Probability", 1950. `keras.losses.MeanSquaredError` of the
probabilities is its mean over the classes.
"""

from keras import ops


def loss(y_true, y_pred):
    return ops.sum(ops.square(ops.softmax(y_pred, axis=-1) - y_true), axis=-1)
