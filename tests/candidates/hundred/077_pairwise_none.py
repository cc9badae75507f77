from keras import ops

def loss(y_true, y_pred):
    d = y_pred[:, :, None] - y_pred[:, None, :]
    w = y_true[:, :, None] * (1.0 - y_true[:, None, :])
    return ops.sum(ops.sum(w * ops.log1p(ops.exp(-d)), axis=-1), axis=-1)
