"""Log-cosh loss: the mean over the outputs of log cosh r, where r = y_pred - y_true.

About r^2 / 2 for small residuals and |r| - log 2 for large ones. Written as |r| + log(1 + exp(-2 |r|)) - log 2, because
cosh overflows. Equal to `keras.losses.LogCosh`.
"""

from keras import ops


def loss(y_true, y_pred):
    size = ops.abs(y_pred - y_true)
    return ops.mean(size + ops.softplus(-2.0 * size) - ops.log(2.0), axis=-1)
