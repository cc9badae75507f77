# What a tensor says about its own shape and dtype, worked out only for the candidates that ask. MicroPython.
import recorder
from recorder import Tensor, record

ELEMENTWISE = set(
    "add subtract multiply divide true_divide power negative abs absolute square sqrt rsqrt reciprocal exp expm1 log "
    "log1p sigmoid log_sigmoid softplus softsign softmax log_softmax relu leaky_relu elu silu gelu sin cos tan tanh "
    "sinh cosh arctan erf sign floor ceil round minimum maximum clip where cumsum sort normalize "
    "cast convert_to_tensor stop_gradient zeros_like ones_like full_like nan_to_num".split()
)
LOGICAL = set(
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_not "
    "isfinite isinf isnan".split()
)
REDUCTION = set("sum mean max min amax amin prod var std logsumexp norm argmax argmin any all".split())
SIZES = ("batch_size", "class_count")
DTYPES = {"input": "float32", "argmax": "int32", "argmin": "int32", "any": "bool", "all": "bool"}


def unknown(what, tensor):
    raise TypeError("the %s of `%s` is not known while recording: use that of y_pred" % (what, tensor.source[0]))


def values_of(tensor):
    return list(tensor.source[1]) + list(tensor.source[2].values())


def broadcast(left, right):
    if len(left) < len(right):
        left, right = right, left
    offset = len(left) - len(right)
    return left[:offset] + tuple(b if a == 1 else a for a, b in zip(left[offset:], right))


def axes(tensor):
    waiting = [tensor]
    while waiting:
        last = waiting[-1]
        needed = [v for v in values_of(last) if isinstance(v, Tensor) and v.axes is None]
        if needed:
            waiting.extend(needed)
        else:
            last.axes = last.axes if last.axes is not None else work_out_axes(last)
            waiting.pop()
    return tensor.axes


def work_out_axes(tensor):
    op, args, keywords = tensor.source
    if op in SIZES:
        return ()
    if op in REDUCTION and args:
        return reduced(list(args[0].axes), keywords.get("axis", args[1] if len(args) > 1 else None), keywords)
    if op not in ELEMENTWISE and op not in LOGICAL:
        unknown("shape", tensor)
    result = ()
    for value in values_of(tensor):
        if isinstance(value, Tensor):
            result = broadcast(result, value.axes)
    return result


def reduced(of, axis, keywords):
    dropped = range(len(of)) if axis is None else (axis,) if type(axis) is int else axis
    for i in dropped:
        of[i] = 1 if keywords.get("keepdims") else None
    return tuple(a for a in of if a is not None)


def shape(tensor):
    return tuple(Size(a) if type(a) is str else a for a in axes(tensor))


def ndim(tensor):
    return len(axes(tensor))


def dtype(tensor):
    op, args, keywords = tensor.source
    if op in LOGICAL:
        return "bool"
    if op in SIZES:
        return "int32"
    if op in DTYPES:
        return DTYPES[op]
    if op == "cast":
        return keywords.get("dtype", args[1] if len(args) > 1 else None)
    if op in ELEMENTWISE or op in REDUCTION:
        for value in values_of(tensor):
            if type(value) is float or (isinstance(value, Tensor) and dtype(value) == "float32"):
                return "float32"
    unknown("dtype", tensor)


class Size(Tensor):
    # A size as `x.shape` gives it. It is recorded when an operation uses it; the class count has a value as well, for
    # whatever needs a plain number now.

    def __init__(self, axis):
        Tensor.__init__(self, None, (axis, (), {}), ())

    def number(self):
        if self.index is None:
            self.index = record(self.source[0], (), {}).index
        return self.index

    def __int__(self):
        if self.source[0] == "class_count":
            return recorder.classes
        raise TypeError("the batch size is not known while recording: a loss treats each sample alike")

    def __bool__(self):
        return int(self) > 0

    def __eq__(self, other):
        if isinstance(other, Size):
            return self.source[0] == other.source[0]
        return other is not None and int(self) == other

    def __ne__(self, other):
        return not self == other

    def __lt__(self, other):
        return int(self) < other

    def __le__(self, other):
        return int(self) <= other

    def __gt__(self, other):
        return int(self) > other

    def __ge__(self, other):
        return int(self) >= other

    def __hash__(self):
        return id(self)
