from keras import ops


def loss(y_true, y_pred, q=1.5):
    p = ops.clip(ops.softmax(y_pred), 1e-8, 1.0)
    # Tsallis divergence between target and prediction
    ln_q = (ops.power(p, q - 1.0) - 1.0) / (q - 1.0)
    return -ops.sum(y_true * ln_q, axis=-1)
