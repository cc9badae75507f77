# Every name is an operation: the host knows which exist.
import sys
from recorder import Tensor, record


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError("module 'keras.ops' has no attribute '%s'" % name)
    if name in ("top_k", "moments", "stack", "size", "dtype"):
        from . import special

        return getattr(special, name)
    return lambda *args, **keywords: record(name, args, keywords)


def shape(x):
    return x.shape


def ndim(x):
    return x.ndim


def is_tensor(x):
    return isinstance(x, Tensor)


# keras.ops.nn.softmax and keras.ops.numpy.sum are keras.ops.softmax and keras.ops.sum.
nn = numpy = math = sys.modules["keras.ops"]
sys.modules["keras.ops.nn"] = sys.modules["keras.ops.numpy"] = sys.modules["keras.ops.math"] = nn
