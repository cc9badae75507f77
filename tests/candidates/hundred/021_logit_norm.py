from keras import ops

def loss(y_true, y_pred):
    norm = ops.sqrt(ops.sum(ops.square(y_pred), axis=-1, keepdims=True) + 1e-7)
    return -ops.sum(y_true * ops.log_softmax(y_pred / norm / 0.04, axis=-1), axis=-1)
