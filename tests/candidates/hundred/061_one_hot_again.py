from keras import ops


def loss(y_true, y_pred):
    n_classes = y_pred.shape[-1]
    predicted = ops.one_hot(ops.argmax(y_pred, axis=-1), n_classes)
    correct = ops.sum(predicted * y_true, axis=-1)
    ce = -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)
    return ce * (1.0 + 0.5 * (1.0 - correct))
