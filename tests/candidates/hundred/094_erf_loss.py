from keras import ops

def loss(y_true, y_pred):
    target = ops.sum(y_true * y_pred, axis=-1)
    rest = ops.sum((1 - y_true) * ops.relu(y_pred), axis=-1)
    return 1.0 - ops.erf((target - rest) / 4.0) + 0.1 * ops.softplus(rest - target)
