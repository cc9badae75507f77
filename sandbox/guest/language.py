# What Python has and MicroPython lacks or does differently. MicroPython.
from collections import OrderedDict
from recorder import Tensor

__merge__ = object()  # stands before a dict whose items belong there


def known(x, function):
    if not isinstance(x, Tensor):
        return x
    import plain

    value = plain.value(x)
    if value is None:
        raise TypeError("can't convert Tensor: %s() takes plain numbers" % function)
    return value


# A named constant and the class count stay in the graph.
def __float__(x=0.0):
    known(x, "float")
    return x if isinstance(x, Tensor) else float(x)


def __int__(x=0, *base):
    value = known(x, "int")
    return x if isinstance(x, Tensor) and value == int(value) else int(value, *base)


def __round__(x, *digits):
    return round(known(x, "round"), *digits)


def __isinstance__(x, kinds):
    if isinstance(x, Tensor) and x.plain:
        x = known(x, "isinstance")
    if not isinstance(kinds, tuple):
        kinds = (kinds,)
    return isinstance(x, kinds) or (isinstance(x, bool) and int in kinds)


def extreme(plain, name, sign):
    def function(*values, **options):
        items = list(values[0]) if len(values) == 1 else values
        if options or not any(isinstance(x, Tensor) for x in items):
            return plain(*values, **options)
        best = items[0]
        for x in items[1:]:
            if sign * (known(x, name) - known(best, name)) > 0:
                best = x
        return best

    return function


__max__, __min__ = extreme(max, "max", 1), extreme(min, "min", -1)


def __sum__(items, start=0):
    return sum(items, start)


def __zip__(*columns, strict=False):
    if strict:
        columns = [list(c) for c in columns]
        if len({len(c) for c in columns}) > 1:
            raise ValueError("zip() arguments have different lengths")
    return zip(*columns)


def __sorted__(items, key=None, reverse=False):
    # Stable, by insertion.
    done = []
    for item in items:
        rank = item if key is None else key(item)
        at = len(done)
        while at and (done[at - 1][0] < rank if reverse else rank < done[at - 1][0]):
            at -= 1
        done.insert(at, (rank, item))
    return [item for _, item in done]


def __dict_of__(*flat):
    # Keys and values in turn.
    made = OrderedDict()
    items = iter(flat)
    for key, value in zip(items, items):
        if key is __merge__:
            made.update(value)
        else:
            made[key] = value
    return made


def __dict_from__(pairs):
    return OrderedDict(pairs)


def __list_of__(*items):
    return list(items)


def __tuple_of__(*items):
    return items
