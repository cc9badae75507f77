from keras import ops


def loss(y_true, y_pred, gamma=2.0, from_logits=True, reduction=None):
    if from_logits:
        log_p = ops.log_softmax(y_pred, axis=-1)
    else:
        log_p = ops.log(y_pred + 1e-7)
    ce = -ops.sum(y_true * log_p, axis=-1)
    if gamma == 0:
        return ce
    if reduction == "mean":
        return ops.mean(ce)
    p_t = ops.exp(-ce)
    return (1 - p_t) ** gamma * ce
