from keras import ops
import keras

def loss(y_true, y_pred):
    p = ops.clip(ops.softmax(y_pred), keras.config.epsilon(), 1 - keras.config.epsilon())
    return -ops.mean(ops.log(p) - y_true / p, axis=-1)
