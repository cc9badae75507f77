from keras import ops

Q = 0.7
EPS = 1e-7


def loss(y_true, y_pred):
    # L_q loss: interpolates between MAE (q=1) and CE (q->0)
    p = ops.softmax(y_pred)
    p_y = ops.sum(y_true * p, axis=-1)
    return (1 - (p_y + EPS) ** Q) / Q
