import keras
from keras import ops


def loss(y_true, y_pred, smoothing: float = 0.1):
    num_classes = ops.cast(ops.shape(y_pred)[-1], y_pred.dtype)
    y_smooth = y_true * (1.0 - smoothing) + smoothing / num_classes
    return keras.losses.categorical_crossentropy(y_smooth, y_pred, from_logits=True)
