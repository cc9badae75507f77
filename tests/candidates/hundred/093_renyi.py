import math
from keras import ops

ALPHA = 0.5

def loss(y_true, y_pred):
    p = ops.clip(ops.softmax(y_pred), 1e-7, 1.0)
    s = ops.sum(ops.power(y_true + 1e-7, ALPHA) * ops.power(p, 1 - ALPHA), axis=-1)
    return ops.log(s) / (ALPHA - 1) * math.sqrt(2)
