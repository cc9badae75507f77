from comparison import __compare__


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def truediv(a, b):
    return a / b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def pow(a, b):
    return a**b


def matmul(a, b):
    return a @ b


def neg(a):
    return -a


def and_(a, b):
    return a & b


def or_(a, b):
    return a | b


def invert(a):
    return ~a


def getitem(a, key):
    return a[key]


def eq(a, b):
    return a == b


def ne(a, b):
    return a != b


def lt(a, b):
    return __compare__(a, "<", b)


def le(a, b):
    return __compare__(a, "<=", b)


def gt(a, b):
    return __compare__(a, ">", b)


def ge(a, b):
    return __compare__(a, ">=", b)


def itemgetter(key):
    return lambda given: given[key]


def attrgetter(name):
    return lambda given: getattr(given, name)
