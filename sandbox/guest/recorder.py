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
stop = None  # the call to stop at, where somebody wants to know its line
counted = False  # whether a plain value of the class count was asked for
shortcut = None  # what `stacks` does in place of some calls, once a candidate has a stack
all_plain = True  # of the tensors that the arguments of a call hold


class TooManyCalls(Exception):
    pass


class Reached(BaseException):
    pass


def begin(values, most, wanted):
    global first, limit, stop
    first, limit, stop = values, most, wanted


def start(imported, count, shapes, constants):
    global calls, classes
    calls, classes = list(imported), count
    inputs = [Tensor(i, ("input", (), {}), tuple(axes)) for i, axes in enumerate(shapes)]
    first = len(inputs)
    return inputs + [Tensor(first + i, ("value", (x,), {}), (), True) for i, x in enumerate(constants)]


def finish(output):
    return '{"output": %s, "calls": [%s]}' % (encode("loss", output), ", ".join(calls))


def record(name, args, keywords):
    global all_plain
    if shortcut:
        done = shortcut(name, args, keywords)
        if done is not None:
            return done
    all_plain = True
    values = ", ".join([encode(name, value) for value in args])
    pairs = ""
    if keywords:
        pairs = ", ".join(['["%s", %s]' % (key, encode(name, keywords[key])) for key in sorted(keywords)])
    if len(calls) == stop:
        raise Reached
    if len(calls) == limit:
        raise TooManyCalls("more than %d operations" % limit)
    calls.append('["%s", [%s], [%s]]' % (name, values, pairs))
    return Tensor(first + len(calls) - 1, (name, args, keywords), None, all_plain)


# The JSON of a value, as text: that costs half the memory of lists and dicts.
def encode(name, value):
    global all_plain
    if isinstance(value, Tensor):
        if not value.plain:
            all_plain = False
        return '{"ref": %d}' % value.number()
    kind = type(value)
    if kind is float and not -INFINITY < value < INFINITY:
        return '{"float": "%s"}' % value
    if kind in PLAIN:
        return json.dumps(value)
    if kind is range or isinstance(value, (tuple, list)):
        return "[%s]" % ", ".join([encode(name, v) for v in value])
    if kind is slice:
        return '{"slice": %s}' % encode(name, (value.start, value.stop, value.step))
    if value is Ellipsis:
        return '{"ellipsis": true}'
    if isinstance(value, str):
        return json.dumps(str(value))
    what = "the result of `loss`" if name == "loss" else "an argument of `%s`" % name
    raise TypeError("%s is a %s; expected tensors, numbers, strings, None or tuples of them" % (what, kind.__name__))


class Tensor:
    def __init__(self, index, source, axes=None, plain=False):
        self.index = index
        self.source = source  # (operation, arguments, keywords) and
        self.axes = axes  # what is known of the shape, for `shapes`
        self.plain = plain

    def number(self):
        return self.index

    def __getattr__(self, name):
        if name in ("shape", "ndim", "dtype"):
            import sizes

            return getattr(sizes, name)(self)
        if name[0] == "_" or name in ("numpy", "T", "get_shape"):
            import attributes

            return attributes.find(self, name)
        return lambda *args, **keywords: record(name, (self,) + args, keywords)

    def __repr__(self):
        return "<tensor>"

    def __bool__(self):
        import plain

        return plain.truth(self)

    def __int__(self):
        import plain

        return plain.integer(self)

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


def comparison(method, name):
    setattr(Tensor, method, lambda a, b: compared(name, a, b) if a.plain else record(name, (a, b), {}))


def compared(name, a, b):
    import plain

    return plain.compare(name, a, b)


def operator(word, name):
    setattr(Tensor, "__%s__" % word, lambda a, *b: record(name, (a,) + b, {}))
    setattr(Tensor, "__r%s__" % word, lambda a, b: record(name, (b, a), {}))


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
    ("xor", "logical_xor"),
    ("neg", "negative"),
    ("abs", "abs"),
    ("invert", "logical_not"),
):
    operator(word, name)

for word, name in (
    ("lt", "less"),
    ("le", "less_equal"),
    ("gt", "greater"),
    ("ge", "greater_equal"),
    ("eq", "equal"),
    ("ne", "not_equal"),
):
    comparison("__%s__" % word, name)
