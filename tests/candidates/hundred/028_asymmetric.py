from keras import ops


def loss(y_true, y_pred, gamma_pos=0.0, gamma_neg=4.0, clip=0.05):
    """Asymmetric loss (Ridnik et al.), per class sigmoids."""
    xs_pos = ops.sigmoid(y_pred)
    xs_neg = 1.0 - xs_pos
    if clip is not None and clip > 0:
        xs_neg = ops.minimum(xs_neg + clip, 1.0)
    los_pos = y_true * ops.log(ops.maximum(xs_pos, 1e-8))
    los_neg = (1 - y_true) * ops.log(ops.maximum(xs_neg, 1e-8))
    out = los_pos + los_neg
    if gamma_neg > 0 or gamma_pos > 0:
        pt = xs_pos * y_true + xs_neg * (1 - y_true)
        one_sided_gamma = gamma_pos * y_true + gamma_neg * (1 - y_true)
        out = out * ops.power(1 - pt, one_sided_gamma)
    return -ops.sum(out, axis=-1)
