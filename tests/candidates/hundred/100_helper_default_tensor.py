from keras import ops
import keras

EPS = keras.backend.epsilon()
ONE = ops.convert_to_tensor(1.0)


def loss(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    p_t = ops.sum(ops.where(y_true > 0.5, p, 0.0), axis=-1)
    return -ops.log(ops.minimum(p_t + EPS, ONE)) * (ONE - p_t)
