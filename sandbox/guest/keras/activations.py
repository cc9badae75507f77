# keras.src.activations: operations of the same names, with a few defaults of their own.
from . import ops
from .ops import __getattr__


def linear(x):
    return x


def exponential(x):
    return ops.exp(x)


def mish(x):
    return x * ops.tanh(ops.softplus(x))


def gelu(x, approximate=False):
    return ops.gelu(x, approximate=approximate)


def leaky_relu(x, negative_slope=0.2):
    return ops.leaky_relu(x, negative_slope=negative_slope)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    negative = ops.relu(threshold - x) if negative_slope != 0.0 else None
    x = ops.where(x > threshold, x, 0.0) if threshold != 0 else ops.relu(x)
    if max_value is not None:
        x = ops.clip(x, 0.0, max_value)
    return x if negative is None else x - negative_slope * negative


def get(identifier):
    if identifier is None:
        return linear
    return getattr(ops, identifier) if isinstance(identifier, str) else identifier
