import functools

from keras import ops


def smooth_labels(amount):
    def decorator(fn):
        @functools.wraps(fn)
        def wrapper(y_true, y_pred):
            n = ops.cast(ops.shape(y_true)[-1], "float32")
            return fn(y_true * (1 - amount) + amount / n, y_pred)

        return wrapper

    return decorator


@smooth_labels(0.1)
def loss(y_true, y_pred):
    return ops.sum(-y_true * ops.log_softmax(y_pred), axis=-1)
