from tensorflow.keras import backend as K


def loss(y_true, y_pred):
    p = K.softmax(y_pred)
    p = K.clip(p, K.epsilon(), 1 - K.epsilon())
    return -K.sum(y_true * K.log(p), axis=-1)
