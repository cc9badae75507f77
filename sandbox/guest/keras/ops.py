# Every name is an operation: the host knows which exist.
import sys
from recorder import Tensor, record


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError("module 'keras.ops' has no attribute '%s'" % name)
    return lambda *args, **keywords: record(name, args, keywords)


def shape(x):
    return x.shape


def ndim(x):
    return x.ndim


def is_tensor(x):
    return isinstance(x, Tensor)


def moments(*args, **keywords):
    pair = record("moments", args, keywords)
    return pair[0], pair[1]


def top_k(*args, **keywords):
    pair = record("top_k", args, keywords)
    return pair[0], pair[1]


# keras.ops.nn.softmax and keras.ops.numpy.sum are keras.ops.softmax and keras.ops.sum.
nn = numpy = sys.modules["keras.ops"]
sys.modules["keras.ops.nn"] = sys.modules["keras.ops.numpy"] = nn
