import keras

_ce = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)
_mae = keras.losses.MeanAbsoluteError(reduction="none")


def loss(y_true, y_pred):
    p = keras.activations.softmax(y_pred, axis=-1)
    return _ce(y_true, y_pred) + 0.5 * _mae(y_true, p)
