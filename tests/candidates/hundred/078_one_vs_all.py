import keras
from keras import ops

def loss(y_true, y_pred):
    bce = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
    return ops.sum(bce, axis=-1)
