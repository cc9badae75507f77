from keras import ops


def focal_loss(y_true, y_pred, gamma=2):
    """Multi-class focal loss."""
    log_p = ops.log_softmax(y_pred, axis=-1)
    p = ops.exp(log_p)
    focal = ops.power(1 - p, gamma)
    return -ops.sum(y_true * focal * log_p, axis=-1)
