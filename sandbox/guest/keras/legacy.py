# The functions of `tf.keras.backend` that are no operations of the same name.
from . import ops
from .ops import __getattr__, shape

int_shape = shape


def pow(x, a):
    return ops.power(x, a)


def argmax(x, axis=-1):
    return ops.argmax(x, axis=axis)


def argmin(x, axis=-1):
    return ops.argmin(x, axis=axis)


def expand_dims(x, axis=-1):
    return ops.expand_dims(x, axis=axis)


def cumsum(x, axis=0):
    return ops.cumsum(x, axis=axis)


def cumprod(x, axis=0):
    return ops.cumprod(x, axis=axis)


def constant(value, dtype=None, shape=None, name=None):
    return ops.convert_to_tensor(value)


variable = constant


def cast_to_floatx(x):
    return ops.cast(x, "float32")


def l2_normalize(x, axis=None):
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12))


def reverse(x, axes):
    return ops.flip(x, axis=axes)


def switch(condition, then_expression, else_expression):
    then = then_expression() if callable(then_expression) else then_expression
    return ops.where(condition, then, else_expression() if callable(else_expression) else else_expression)


def standardize_dtype(dtype):
    return dtype


def clear_session():
    pass
