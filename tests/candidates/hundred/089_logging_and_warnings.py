import logging
import warnings

import keras
from keras import ops

logger = logging.getLogger(__name__)


def loss(y_true, y_pred, q=0.7):
    if not 0 < q < 1:
        warnings.warn("q should lie in (0, 1)")
    logger.debug("tracing loss with q=%s", q)
    p_t = ops.sum(y_true * keras.ops.softmax(y_pred, axis=-1), axis=-1)
    return (1.0 - ops.power(p_t + keras.config.epsilon(), q)) / q
