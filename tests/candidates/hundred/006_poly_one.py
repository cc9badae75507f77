"""PolyLoss (Leng et al., ICLR 2022), Poly-1 variant."""
import keras.ops as K


def loss(y_true, y_pred, *, epsilon1=1.0):
    log_probs = K.log_softmax(y_pred)
    ce = -K.sum(y_true * log_probs, axis=-1)
    pt = K.sum(y_true * K.exp(log_probs), axis=-1)
    return ce + epsilon1 * (1 - pt)
