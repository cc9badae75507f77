# The host wraps the members of an enumeration in `__member__`.
numbers = [0]


class Enum:
    pass


class IntEnum(Enum):
    pass


class StrEnum(Enum):
    pass


class auto:
    pass


class __member__:
    def __init__(self, name, value):
        numbers[0] += 1
        self.name, self.value = name, numbers[0] if isinstance(value, auto) else value

    def __eq__(self, other):
        return self is other or (not isinstance(other, __member__) and self.value == other)

    def __hash__(self):
        return id(self)
