# numpy on plain numbers; a function that meets a tensor is recorded as the operation of its name. MicroPython.
import struct

import mathematics as math
from recorder import Tensor, record

pi, e, inf, nan, newaxis, euler_gamma = math.pi, math.e, math.inf, math.nan, None, 0.5772156649015329


class DType(str):
    # The name of a type, which also turns a plain number into it.
    def __call__(self, x):
        if isinstance(x, Tensor):
            return record("cast", (x, str(self)), {})
        if self[:3] == "int":
            return int(x)
        return struct.unpack("f", struct.pack("f", x))[0] if self == "float32" else float(x)


float16, float32, float64 = DType("float16"), DType("float32"), DType("float64")
int32, int64, bool_ = DType("int32"), DType("int64"), DType("bool")
SAME = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "power": "pow"}
SAME["arccosh"], SAME["arctanh"], SAME["absolute"], SAME["abs"] = "acosh", "atanh", "fabs", "fabs"


def holds_tensor(values):
    if any(isinstance(v, (list, tuple, ndarray)) for v in values):
        fixed()
    return any(isinstance(v, Tensor) for v in values)


def __getattr__(name):
    if name == "random":
        raise ImportError("a loss has no random numbers: write it without np.random")
    if name[0] == "_":
        raise AttributeError("module 'numpy' has no attribute '%s'" % name)

    def function(*args, **keywords):
        if holds_tensor(args) or holds_tensor(keywords.values()):
            return record(name, args, keywords)
        return getattr(math, SAME.get(name, name))(*args)

    return function


class finfo:
    def __init__(self, dtype):
        single = "64" not in str(dtype) and dtype is not float
        self.eps = 2.0**-23 if single else 2.0**-52
        self.tiny = self.smallest_normal = 2.0**-126 if single else 2.0**-1022
        self.max = (2.0 - 2.0**-23) * 2.0**127 if single else (2.0 - 2.0**-52) * 2.0**1023
        self.min = -self.max


def fixed(*args, **options):
    raise TypeError("a loss has no arrays of fixed length: use plain numbers, y_pred.shape[-1] and class_prior")


class ndarray:
    # Plain numbers in a row: they can be looked at, and nothing else.
    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        return self.values[key]


for word in "add sub mul truediv floordiv mod pow matmul lt le gt ge eq ne".split():
    setattr(ndarray, "__%s__" % word, fixed)
    setattr(ndarray, "__r%s__" % word, fixed)
ndarray.__neg__ = ndarray.__abs__ = fixed


def array(values, dtype=None):
    return ndarray(values) if isinstance(values, (list, tuple)) else values


asarray = array


def square(x):
    return record("square", (x,), {}) if isinstance(x, Tensor) else x * x


def maximum(a, b):
    return record("maximum", (a, b), {}) if holds_tensor((a, b)) else max(a, b)


def minimum(a, b):
    return record("minimum", (a, b), {}) if holds_tensor((a, b)) else min(a, b)


def clip(x, low, high):
    return record("clip", (x, low, high), {}) if holds_tensor((x, low, high)) else min(max(x, low), high)


def sum(x, *args, **keywords):
    if isinstance(x, Tensor):
        return record("sum", (x,) + args, keywords)
    total = 0.0
    for value in x:
        total = total + value
    return total


def mean(x, *args, **keywords):
    return record("mean", (x,) + args, keywords) if isinstance(x, Tensor) else sum(x) / len(x)


def arange(start, stop=None, step=1):
    start, stop = (0, start) if stop is None else (start, stop)
    if holds_tensor((start, stop, step)):
        return record("arange", (start, stop, step), {})
    return ndarray([start + i * step for i in range(math.ceil((stop - start) / step))])


def linspace(start, stop, num=50):
    return ndarray([start + i * (stop - start) / (num - 1) for i in range(num)])
