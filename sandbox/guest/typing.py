# Annotations mean nothing to a trace. MicroPython.
TYPE_CHECKING = False


class Form:
    def __getitem__(self, key):
        return self

    def __call__(self, *args, **keywords):
        return self

    def __or__(self, other):
        return self

    __ror__ = __or__


class Protocol:
    pass


def __getattr__(name):
    if name in ("NamedTuple", "TypedDict"):
        raise ImportError("typing.%s needs annotations; use collections.namedtuple or a plain class" % name)
    return Form()


def cast(kind, value):
    return value


def final(decorated):
    return decorated


overload = runtime_checkable = no_type_check = override = final
