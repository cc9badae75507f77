from keras import ops


def loss(y_true, y_pred, *, class_prior, tau=1.0):
    """Menon et al. 2021: long-tail learning via logit adjustment."""
    adjusted = y_pred + tau * ops.log(class_prior + 1e-12)
    return -ops.sum(y_true * ops.log_softmax(adjusted, axis=-1), axis=-1)
