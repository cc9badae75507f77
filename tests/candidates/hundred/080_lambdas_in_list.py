from keras import ops

SCALES = [(lambda z: z, 1.0), (lambda z: ops.tanh(z), 0.5), (lambda z: z**2, 0.1)]


def loss(y_true, y_pred):
    ce = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
    out = ops.zeros_like(ce)
    for f, w in SCALES:
        out = out + w * f(ce)
    return out
