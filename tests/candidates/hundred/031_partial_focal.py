from functools import partial
from keras import ops


def _focal(y_true, y_pred, gamma, weight):
    log_p = ops.log_softmax(y_pred, axis=-1)
    p = ops.exp(log_p)
    return weight * -ops.sum(y_true * (1.0 - p) ** gamma * log_p, axis=-1)


loss = partial(_focal, gamma=1.5, weight=2.0)
