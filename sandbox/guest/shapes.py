# The shape and dtype of what is computed, worked out from its source. MicroPython.
from recorder import Tensor

ELEMENTWISE = set(
    "add subtract multiply divide true_divide power negative abs absolute square sqrt rsqrt reciprocal exp expm1 log "
    "log1p sigmoid log_sigmoid softplus softsign softmax log_softmax relu leaky_relu elu silu gelu sin cos tan tanh "
    "sinh cosh arctan erf sign floor ceil round minimum maximum clip where cumsum sort normalize "
    "arcsin arccos arcsinh arccosh arctanh arctan2 logaddexp log2 log10 exp2 mod floor_divide relu6 hard_sigmoid tile "
    "cast convert_to_tensor stop_gradient zeros_like ones_like full_like flip cumprod logical_xor "
    "binary_crossentropy".split()
)
LOGICAL = set(
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_not "
    "isfinite isinf isnan".split()
)
REDUCTION = set("sum mean max min amax amin prod var std logsumexp norm argmax argmin any all".split())
ENTROPIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")  # drop the class axis
SIZES = ("batch_size", "class_count")
DTYPES = {
    "argmax": "int32",
    "argmin": "int32",
    "argsort": "int32",
    "any": "bool",
    "all": "bool",
    "input": "float32",
    "value": "float32",
    "one_hot": "float32",
}


class Keys:
    def __getitem__(self, key):
        return key


ALL = Keys()[:]


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
    if op in ENTROPIES:
        return tuple(values_of(tensor)[1].axes[:-1])
    if op == "expand_dims":
        return inserted(args[0].axes, keywords.get("axis", args[1] if len(args) > 1 else -1))
    if op == "getitem":
        return picked(tensor, args[0].axes, args[1] if isinstance(args[1], tuple) else (args[1],))
    if op not in ELEMENTWISE and op not in LOGICAL:
        unknown("shape", tensor)
    result = ()
    for value in values_of(tensor):
        if isinstance(value, Tensor):
            result = broadcast(result, value.axes)
    return result


def reduced(of, axis, keywords):
    dropped = range(len(of)) if axis is None else axis if isinstance(axis, (tuple, list)) else (int(axis),)
    for i in dropped:
        of[i] = 1 if keywords.get("keepdims") else None
    return tuple(a for a in of if a is not None)


def inserted(of, axis):
    axis = int(axis) % (len(of) + 1)
    return of[:axis] + (1,) + of[axis:]


def picked(tensor, of, keys):
    # x[:, 0], x[:, None] and x[..., 0]; a slice that is not a whole axis has no length here.
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        rest = len(of) - len([k for k in keys if k is not None and k is not Ellipsis])
        keys = keys[:at] + (ALL,) * rest + keys[at + 1 :]
    result = []
    for key in keys:
        if key is None:
            result.append(1)
            continue
        axis, of = of[0], of[1:]
        if isinstance(key, slice):
            if (key.start, key.stop, key.step) != (None, None, None):
                unknown("shape", tensor)
            result.append(axis)
    return tuple(result) + of


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
    if op == "getitem" and args[0].source[0] == "top_k":
        return "int32" if args[1] else dtype(args[0].source[1][0])
    for value in values_of(tensor):
        if type(value) is float or (isinstance(value, Tensor) and dtype(value) == "float32"):
            return "float32"
    if op == "getitem" or op in ("expand_dims", "squeeze"):
        return dtype(args[0])
    unknown("dtype", tensor)
