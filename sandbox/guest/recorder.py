# Tensors that record what is done with them. MicroPython, not CPython.
#
# A call is recorded as [operation, arguments, [[keyword, value], ...]] with the arguments as they were written: what
# they mean is the host's business. Values are numbered: the inputs first, then the calls in their order.
import json

PLAIN = (float, int, str, bool, type(None))
INFINITY = float("inf")

calls = []  # of the call of `loss` that runs now; before the first one, those at import
classes = 0  # the class count of this call
first = limit = 0  # the number of the first call; how many calls are allowed


class TooManyCalls(Exception):
    pass


def begin(inputs, most):
    global first, limit
    first, limit = inputs, most


def start(imported, count, shapes):
    global calls, classes
    calls, classes = list(imported), count
    return [Tensor(i, ("input", (), {}), tuple(axes)) for i, axes in enumerate(shapes)]


def finish(output):
    return '{"output": %s, "calls": [%s]}' % (encode("loss", output), ", ".join(calls))


def record(name, args, keywords):
    values = ", ".join([encode(name, value) for value in args])
    pairs = ", ".join(['["%s", %s]' % (key, encode(name, keywords[key])) for key in sorted(keywords)])
    if len(calls) == limit:
        raise TooManyCalls("more than %d operations" % limit)
    calls.append('["%s", [%s], [%s]]' % (name, values, pairs))
    return Tensor(first + len(calls) - 1, (name, args, keywords))


# The JSON of a value, as text: that costs half the memory of lists and dicts.
def encode(name, value):
    if isinstance(value, Tensor):
        return '{"ref": %d}' % value.number()
    kind = type(value)
    if kind is float and not -INFINITY < value < INFINITY:
        return '{"float": "%s"}' % value
    if kind in PLAIN:
        return json.dumps(value)
    if kind in (tuple, list, range):
        return "[%s]" % ", ".join([encode(name, v) for v in value])
    if kind is slice:
        return '{"slice": %s}' % encode(name, (value.start, value.stop, value.step))
    if value is Ellipsis:
        return '{"ellipsis": true}'
    what = "the result of `loss`" if name == "loss" else "an argument of `%s`" % name
    raise TypeError("%s is a %s; expected tensors, numbers, strings, None or tuples of them" % (what, kind.__name__))


class Tensor:
    def __init__(self, index, source, axes=None):
        self.index = index
        self.source = source  # (operation, arguments, keywords) and
        self.axes = axes  # what is known of the shape, for `shapes`

    def number(self):
        return self.index

    def __getattr__(self, name):
        if name in ("shape", "ndim", "dtype"):
            import shapes

            return getattr(shapes, name)(self)
        if name[0] == "_":
            raise AttributeError("a tensor has no attribute `%s`" % name)
        return lambda *args, **keywords: record(name, (self,) + args, keywords)

    def __bool__(self):
        raise TypeError(
            "a tensor has no truth value while it is recorded: use ops.where, ops.logical_and or ops.maximum"
        )

    def __iter__(self):
        raise TypeError("a tensor cannot be iterated or unpacked: index it, as in x[:, 0]")

    def __len__(self):
        raise TypeError("the batch size is not known while recording: a loss treats each sample alike")

    def __hash__(self):
        return id(self)

    def __pos__(self):
        return self

    def __getitem__(self, key):
        return record("getitem", (self, key), {})


def operator(method, name, reflected=None):
    setattr(Tensor, method, lambda a, *b: record(name, (a,) + b, {}))
    if reflected:
        setattr(Tensor, reflected, lambda a, b: record(name, (b, a), {}))


for word, name in (
    ("add", "add"),
    ("sub", "subtract"),
    ("mul", "multiply"),
    ("truediv", "divide"),
    ("floordiv", "floor_divide"),
    ("mod", "mod"),
    ("pow", "power"),
    ("matmul", "matmul"),
    ("and", "logical_and"),
    ("or", "logical_or"),
):
    operator("__%s__" % word, name, "__r%s__" % word)

for word, name in (
    ("neg", "negative"),
    ("abs", "abs"),
    ("invert", "logical_not"),
    ("lt", "less"),
    ("le", "less_equal"),
    ("gt", "greater"),
    ("ge", "greater_equal"),
    ("eq", "equal"),
    ("ne", "not_equal"),
):
    operator("__%s__" % word, name)
