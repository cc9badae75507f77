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


# keras.ops.nn.softmax and keras.ops.linalg.norm are keras.ops.softmax and keras.ops.norm.
nn = numpy = math = linalg = image = sys.modules["keras.ops"]
for room in ("nn", "numpy", "math", "linalg", "image"):
    sys.modules["keras.ops." + room] = nn
