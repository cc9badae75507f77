from keras import ops

def loss(y_true, y_pred):
    p = ops.sum(y_true * ops.softmax(y_pred), axis=-1)
    ce = -ops.log(p + 1e-7)
    return ops.where(0.1 > p, 2.0 * (1.0 - p), ce)
