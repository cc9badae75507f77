from keras import ops

def loss(y_true, y_pred):
    L = -ops.sum(y_true * ops.log_softmax(y_pred / 1.2), axis=-1)
    return ops.log(L + L * L + 1e-6)
