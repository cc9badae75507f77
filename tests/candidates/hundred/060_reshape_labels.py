from keras import ops


def loss(y_true, y_pred):
    target = ops.reshape(ops.sum(y_true * y_pred, axis=-1), (-1, 1))
    violations = ops.relu(0.5 + y_pred - target) * (1.0 - y_true)
    count = ops.sum(ops.cast(violations > 0, y_pred.dtype), axis=-1)
    return ops.sum(violations, axis=-1) / (1.0 + count)
