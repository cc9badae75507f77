# keras.backend; the functions of `tf.keras.backend` are in `legacy`.
from .config import backend, epsilon, floatx, image_data_format


def __getattr__(name):
    from . import legacy

    return getattr(legacy, name)
