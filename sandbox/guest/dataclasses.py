# The host adds the names of the fields in their order, which MicroPython does not keep.
MISSING = object()


class Field:
    def __init__(self, default=MISSING, default_factory=MISSING, **options):
        self.default, self.default_factory = default, default_factory

    def value(self):
        return self.default if self.default_factory is MISSING else self.default_factory()


def field(**options):
    return Field(**options)


def dataclass(decorated=None, _fields=(), **options):
    return build(decorated, _fields) if decorated else lambda decorated: build(decorated, _fields)


def build(kind, names):
    inherited = []
    for base in kind.__bases__:
        inherited += [name for name in getattr(base, "_fields", ()) if name not in names]
    kind._fields = inherited + list(names)
    defaults = {name: getattr(kind, name) for name in kind._fields if hasattr(kind, name)}

    def __init__(self, *args, **keywords):
        given = dict(zip(self._fields, args))
        given.update(keywords)
        for name in self._fields:
            value = given.pop(name, defaults.get(name, MISSING))
            if isinstance(value, Field):
                value = value.value()
            if value is MISSING:
                raise TypeError("%s needs a value for `%s`" % (kind.__name__, name))
            setattr(self, name, value)
        if given or len(args) > len(self._fields):
            raise TypeError("%s has the fields %s" % (kind.__name__, ", ".join(self._fields)))
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    kind.__init__ = __init__
    return kind


def asdict(given):
    from collections import OrderedDict

    return OrderedDict([(name, getattr(given, name)) for name in given._fields])


def astuple(given):
    return tuple([getattr(given, name) for name in given._fields])


def replace(given, **changes):
    values = asdict(given)
    values.update(changes)
    return given.__class__(**values)
