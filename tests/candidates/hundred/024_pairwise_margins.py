from keras import ops


def loss(y_true, y_pred):
    # diff[b, i, j] = logit_j - logit_i
    diff = ops.expand_dims(y_pred, axis=1) - ops.expand_dims(y_pred, axis=2)
    is_target = ops.expand_dims(y_true, axis=2)
    is_other = 1.0 - ops.expand_dims(y_true, axis=1)
    penalties = ops.softplus(1.0 + diff) * is_target * is_other
    return ops.sum(penalties, axis=(1, 2))
