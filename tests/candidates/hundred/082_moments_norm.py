from keras import ops

def loss(y_true, y_pred):
    mean, variance = ops.moments(y_pred, axes=[-1], keepdims=True)
    z = (y_pred - mean) * ops.rsqrt(variance + 1e-5)
    log_p = ops.log_softmax(2.5 * z, axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
