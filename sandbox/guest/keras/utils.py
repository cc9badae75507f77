from .saving import deserialize_keras_object, register_keras_serializable, serialize_keras_object


def to_categorical(x, num_classes=None):
    raise TypeError("to_categorical makes arrays, not tensors: y_true is one-hot already; for indices use ops.one_hot")


def normalize(x, axis=-1, order=2):
    from .ops import normalize

    return normalize(x, axis=axis, order=order)
