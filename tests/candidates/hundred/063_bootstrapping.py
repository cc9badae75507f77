from keras import ops

def loss(y_true, y_pred, beta=0.8):
    """Hard bootstrapping loss (Reed et al., 2014)."""
    log_p = ops.log_softmax(y_pred, axis=-1)
    z = ops.one_hot(ops.argmax(y_pred, axis=-1), num_classes=ops.shape(y_pred)[-1])
    target = beta * y_true + (1.0 - beta) * ops.cast(z, y_true.dtype)
    return -ops.sum(target * log_p, axis=-1)
