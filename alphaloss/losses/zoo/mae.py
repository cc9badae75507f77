"""Mean absolute error between label and probabilities, summed over the classes: 2 (1 - p_t) for a one-hot label.

Ghosh, Kumar and Sastry, "Robust Loss Functions under Label Noise for Deep Neural Networks", 2017 (arXiv 1712.09482).
`keras.losses.MeanAbsoluteError` is its mean over the classes.
"""

from keras import ops


def loss(y_true, y_pred):
    return ops.sum(ops.abs(y_true - ops.softmax(y_pred, axis=-1)), axis=-1)
