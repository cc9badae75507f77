from keras import ops


def loss(y_true, y_pred):
    p = ops.softmax(y_pred)
    pt = ops.sum(p * y_true, axis=-1)
    exponent = 2.0 * (1.0 - ops.stop_gradient(pt))
    return (1.0 - pt) ** exponent * -ops.log(pt + 1e-7)
