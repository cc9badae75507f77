# The spellings of TensorFlow. What has another name in keras.ops is in SAME, what has other arguments is a function.
import sys

import keras
from keras import ops
from recorder import Tensor

SAME = {
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_any": "any",
    "reduce_all": "all",
    "reduce_std": "std",
    "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp",
    "reduce_euclidean_norm": "norm",
    "range": "arange",
    "fill": "full",
    "clip_by_value": "clip",
    "pow": "power",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "is_nan": "isnan",
    "is_inf": "isinf",
    "is_finite": "isfinite",
    "identity": "convert_to_tensor",
    "constant": "convert_to_tensor",
    "swish": "silu",
    "concat": "concatenate",
}
FIRST = (
    "x",
    "input",
    "input_tensor",
    "logits",
    "features",
    "tensor",
    "t",
    "a",
    "value",
    "indices",
    "condition",
    "labels",
)
RENAMED = {"clip_value_min": "x_min", "clip_value_max": "x_max", "depth": "num_classes", "keep_dims": "keepdims"}
SECOND = ("y", "b")

newaxis = None
float16, bfloat16, float32, float64 = "float16", "bfloat16", "float32", "float64"
int8, int16, int32, int64, bool = "int8", "int16", "int32", "int64", "bool"


def call(name, args, keywords):
    given = {}
    for key, value in keywords.items():
        if key in FIRST and not args:
            args = (value,)
        elif key != "name" and not (key == "axis" and value is None):
            given[RENAMED.get(key, key)] = value
    for key in SECOND:
        if key in given and len(args) == 1:
            args = (args[0], given.pop(key))
    return getattr(ops, name)(*args, **given)


def __getattr__(name):
    if name == "keras":
        return keras
    if name in ("losses", "metrics"):
        return keras.losses
    if name == "random":
        raise ImportError("a loss has no random numbers: write it without tf.random")
    if name[0] == "_":
        raise AttributeError("module 'tensorflow' has no attribute '%s'" % name)
    if name == "Tensor":
        return Tensor
    if name[0].isupper():
        return type(name, (Unavailable,), {})
    return lambda *args, **keywords: call(SAME.get(name, name), args, keywords)


class Unavailable:
    # A class of TensorFlow: it may be named, as in an annotation, but not made.

    def __init__(self, *args, **options):
        raise TypeError("a loss cannot use tf.%s: compute with y_true and y_pred only" % self.__class__.__name__)


def function(decorated=None, **options):
    return decorated or (lambda decorated: decorated)


def shape(input, out_type=None, name=None):
    return input.shape


def rank(input, name=None):
    return input.ndim


def is_tensor(x):
    return isinstance(x, Tensor)


def where(condition, x=None, y=None, name=None):
    return ops.where(condition, x, y)


def argmax(input, axis=0, output_type=None, name=None):
    return ops.argmax(input, axis=axis)


def argmin(input, axis=0, output_type=None, name=None):
    return ops.argmin(input, axis=axis)


def cumsum(x, axis=0, **options):
    return ops.cumsum(x, axis=axis, **options)


def one_hot(indices, depth, on_value=None, off_value=None, axis=-1, dtype=None, name=None):
    hot = ops.one_hot(indices, depth, axis=axis)
    if on_value is None and off_value is None:
        return hot
    low = 0.0 if off_value is None else off_value
    return low + (1.0 if on_value is None else on_value - low) * hot


class TopK(tuple):
    @property
    def values(self):
        return self[0]

    @property
    def indices(self):
        return self[1]


def top_k(input, k=1, sorted=True, **options):
    return TopK(ops.top_k(input, k))


def sort(values, axis=-1, direction="ASCENDING", name=None):
    ascending = ops.sort(values, axis=axis)
    return ascending if direction == "ASCENDING" else ops.flip(ascending, axis=axis)


def reverse(tensor, axis, name=None):
    return ops.flip(tensor, axis=axis)


def gather(params, indices, axis=None, batch_dims=0, name=None):
    if params.ndim == 1 and params.axes != ("batch_size",):
        return ops.take(params, indices, axis=-1)
    if batch_dims not in (1, -1) or axis not in (None, 1, -1):
        raise ValueError("tf.gather picks samples of the batch; give batch_dims=1, or use ops.take_along_axis")
    if indices.ndim > 1:
        return ops.take_along_axis(params, indices, axis=-1)
    return ops.take_along_axis(params, ops.expand_dims(indices, axis=-1), axis=-1)[:, 0]


def squared_difference(x, y, name=None):
    return ops.square(x - y)


def add_n(inputs, name=None):
    return sum(inputs[1:], inputs[0])


def xlogy(x, y, name=None):
    zero = ops.equal(x, 0.0)
    return ops.where(zero, 0.0, x * ops.log(ops.where(zero, 1.0, y)))


def l2_normalize(x, axis=None, epsilon=1e-12, name=None):
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), epsilon))


def gelu(features, approximate=False, name=None):
    return ops.gelu(features, approximate=approximate)


def leaky_relu(features, alpha=0.2, name=None):
    return ops.leaky_relu(features, negative_slope=alpha)


def norm(tensor, ord="euclidean", axis=None, keepdims=False, name=None):
    return ops.norm(tensor, ord=2 if ord == "euclidean" else ord, axis=axis, keepdims=keepdims)


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def nothing(*args, **options):
    return None


print = nothing


class debugging:
    assert_equal = assert_rank = assert_shapes = assert_near = assert_all_finite = nothing
    assert_greater = assert_greater_equal = assert_less = assert_less_equal = assert_non_negative = nothing
    check_numerics = staticmethod(lambda tensor, message=None, name=None: tensor)


class name_scope:
    def __init__(self, name):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


# tf.nn.softmax, tf.math.log and tf.linalg.norm are all found here.
nn = math = linalg = sys.modules["tensorflow"]
sys.modules["tensorflow.nn"] = sys.modules["tensorflow.math"] = sys.modules["tensorflow.linalg"] = nn
