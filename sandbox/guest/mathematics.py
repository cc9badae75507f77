# The module `math` of a candidate: plain numbers are computed, tensors are recorded. MicroPython.
import math
from recorder import Tensor, record

pi, e, inf, nan, tau = math.pi, math.e, math.inf, math.nan, 2.0 * math.pi
NAMES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "fabs": "abs",
    "pow": "power",
}


def __getattr__(name):
    if name[0] == "_" or not hasattr(math, name):
        raise AttributeError("`math` and numpy have no `%s` here: use keras.ops, or plain numbers" % name)
    plain = getattr(math, name)

    def function(*args):
        if any(isinstance(x, Tensor) for x in args):
            return record(NAMES.get(name, name), args, {})
        return plain(*args)

    return function


def log(x, base=None):
    if base is not None:
        return log(x) / log(base)
    return record("log", (x,), {}) if isinstance(x, Tensor) else math.log(x)


def log1p(x):
    if isinstance(x, Tensor):
        return record("log1p", (x,), {})
    u = 1.0 + x
    return x if u == 1.0 else math.log(u) * x / (u - 1.0)


def cbrt(x):
    return math.copysign(math.fabs(x) ** (1 / 3), x)


def exp2(x):
    return 2.0**x


def prod(numbers, start=1):
    for x in numbers:
        start = start * x
    return start


def fsum(numbers):
    return sum(numbers, 0.0)


def hypot(*numbers):
    return math.sqrt(sum([x * x for x in numbers]))


def isqrt(n):
    return int(math.sqrt(int(n)))


def factorial(n):
    return math.factorial(int(n))


def comb(n, k):
    result, n, k = 1, int(n), int(k)
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result if k <= n else 0


def gcd(a, b):
    while b:
        a, b = b, a % b
    return abs(a)
