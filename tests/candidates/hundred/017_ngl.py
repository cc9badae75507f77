from keras import ops

def loss(y_true, y_pred):
    """Next generation loss: e^(alpha - y*p - alpha*y) - cos(cos(sin(p)))-like evolved loss."""
    p = ops.softmax(y_pred)
    alpha = 2.4092
    value = ops.exp(alpha - alpha * y_true - y_true * p) - ops.cos(ops.cos(ops.sin(p)))
    return ops.mean(value, axis=-1)
