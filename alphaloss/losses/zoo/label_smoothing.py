"""Label smoothing: -sum_k y'_k log p_k, with y' = (1 - epsilon) y + epsilon / K.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016 (arXiv 1512.00567); epsilon = 0.1.
Equal to `keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)`.
"""

from keras import ops


def loss(y_true, y_pred, *, epsilon=0.1):
    smooth = (1.0 - epsilon) * y_true + epsilon / y_pred.shape[-1]
    return -ops.sum(smooth * ops.log_softmax(y_pred, axis=-1), axis=-1)
