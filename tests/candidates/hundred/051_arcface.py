import math

import keras
from keras import ops


def loss(y_true, y_pred, margin=0.3, scale=8.0):
    cosine = ops.tanh(y_pred / scale)
    cosine = ops.clip(cosine, -1.0 + 1e-6, 1.0 - 1e-6)
    theta = ops.arccos(cosine)
    threshold = math.pi - margin
    marginal = ops.where(theta < threshold, ops.cos(theta + margin), cosine - margin * math.sin(margin))
    logits = scale * (y_true * marginal + (1.0 - y_true) * cosine)
    return keras.losses.categorical_crossentropy(y_true, logits, from_logits=True)
