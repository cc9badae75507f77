from keras import ops


def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred)
    ce = -ops.sum(y_true * log_p, axis=-1)
    w = ops.stop_gradient(ops.exp(-ce))  # trust samples the model already agrees with
    return w * ce + (1.0 - w) * 0.1 * ops.sum(ops.abs(y_true - ops.exp(log_p)), axis=-1)
