from keras import ops


def loss(y_true, y_pred):
    k = ops.shape(y_pred)[-1]
    diff = ops.expand_dims(y_pred, 2) - ops.expand_dims(y_pred, 1)
    off_diagonal = 1.0 - ops.eye(k, dtype=y_pred.dtype)
    hinge = ops.maximum(0.0, 1.0 - diff) * ops.expand_dims(y_true, 2) * off_diagonal
    return ops.sum(hinge, axis=(-2, -1)) / ops.cast(k - 1, y_pred.dtype)
