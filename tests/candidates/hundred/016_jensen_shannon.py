from keras import ops

EPS = 1e-7


def kl(p, q):
    return ops.sum(p * (ops.log(p + EPS) - ops.log(q + EPS)), axis=-1)


def loss(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    m = 0.5 * (y_true + p)
    return 0.5 * kl(y_true, m) + 0.5 * kl(p, m)
