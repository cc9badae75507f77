"""Cross-entropy: -log p_t.

The reference that every other loss is compared with. Equal to `keras.losses.CategoricalCrossentropy(from_logits=True)`.
"""

from keras import ops


def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred, axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
