# Comparisons whose left side may be a number: MicroPython does not ask the tensor on the right. MicroPython.
from recorder import Tensor, record

METHODS = {"<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}
PLAIN = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def __compare__(*parts):
    # Of values and the signs between them, as in 0 < x <= 1.
    for i in range(0, len(parts) - 2, 2):
        left, sign, right = parts[i], parts[i + 1], parts[i + 2]
        if isinstance(right, Tensor) and sign in METHODS and not isinstance(left, Tensor):
            result = getattr(right, METHODS[sign])(left)
        else:
            result = PLAIN[sign](left, right)
        if i + 3 < len(parts) and not result:
            return False
    return result
