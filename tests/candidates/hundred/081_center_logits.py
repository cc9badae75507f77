from keras import ops

def loss(y_true, y_pred):
    centered = y_pred - ops.mean(y_pred, axis=-1, keepdims=True)
    std = ops.std(centered, axis=-1, keepdims=True)
    z = centered / (std + 1e-3)
    return -ops.sum(y_true * ops.log_softmax(3.0 * z), axis=-1) + 0.01 * ops.var(y_pred, axis=-1)
