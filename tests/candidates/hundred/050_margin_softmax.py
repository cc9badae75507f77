from keras import ops


def loss(y_true, y_pred, s=10.0, m=0.2):
    """CosFace-like: normalise the logits, subtract a margin from the target, rescale."""
    normed = y_pred / (ops.norm(y_pred, axis=-1, keepdims=True) + 1e-6)
    logits = s * (normed - m * y_true)
    return -ops.sum(y_true * ops.log_softmax(logits, axis=-1), axis=-1)
