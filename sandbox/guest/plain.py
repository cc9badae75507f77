# The value of what is computed from named constants and the class count alone, for `if`, `range`, `int` and the like.
import math
import recorder
from recorder import Tensor

FUNCTIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "floor_divide": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "power": lambda a, b: a**b,
    "negative": lambda a: -a,
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "cast": lambda a, dtype=None: int(a) if str(dtype)[:3] == "int" else a,
    "convert_to_tensor": lambda a, dtype=None: a,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "floor": math.floor,
    "ceil": math.ceil,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
}


def value(given):
    if not isinstance(given, Tensor):
        return given
    name, args, keywords = given.source
    if not given.plain:
        return None
    if name == "value":
        return args[0]
    if name == "class_count":
        recorder.counted = True
        return recorder.classes
    if name not in FUNCTIONS:
        return None
    values = [value(v) for v in args]
    return None if None in values else FUNCTIONS[name](*values, **keywords)


def compare(name, a, b):
    if b is None or isinstance(b, str):
        return name == "not_equal"
    first, second = value(a), value(b)
    if first is None or second is None:
        return recorder.record(name, (a, b), {})
    return FUNCTIONS[name](first, second)


def known(tensor, problem, remedy):
    found = value(tensor)
    if found is None and any(is_batch_size(v) for v in (tensor,) + tuple(tensor.source[1])):
        raise TypeError("the batch size is not known while recording: a loss treats each sample alike")
    if found is None:
        raise TypeError("%s: use %s" % (problem, remedy))
    return found


def is_batch_size(given):
    return isinstance(given, Tensor) and given.source[0] == "batch_size"


def truth(tensor):
    remedy = "ops.where, ops.logical_and or ops.maximum"
    return known(tensor, "a tensor has no truth value while it is recorded", remedy) != 0


def integer(tensor):
    return int(known(tensor, "a tensor has no value while it is recorded", "it as it is, or ops.cast"))
