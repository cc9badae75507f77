from keras import ops


def loss(y_true, y_pred):
    target = ops.sum(y_true * y_pred, axis=-1)[:, None]
    margins = ops.maximum(0.0, 1.0 + y_pred - target) * (1.0 - y_true)
    return ops.sum(margins, axis=-1)
