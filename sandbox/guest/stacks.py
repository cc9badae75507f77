# `ops.stack` of a few values, so that a reduction over the new axis can be recorded as a chain. MicroPython.
import recorder
from recorder import Tensor, record

CHAINS = {
    "sum": "add",
    "mean": "add",
    "prod": "multiply",
    "max": "maximum",
    "amax": "maximum",
    "min": "minimum",
    "amin": "minimum",
    "logsumexp": "logaddexp",
}


class Stack(Tensor):
    # Recorded as `stack`, which the host refuses, when anything but such a reduction uses it.

    def __init__(self, values, axis):
        Tensor.__init__(self, None, ("stack", (values,), {"axis": axis}))
        self.values, self.axis = values, axis

    def number(self):
        if self.index is None:
            self.index = record("stack", (self.values,), {"axis": self.axis}).index
        return self.index

    def is_along(self, axis):
        if type(axis) is not int:
            return False
        rank = self.values[0].ndim + 1 if isinstance(self.values[0], Tensor) else 1
        return (axis - self.axis) % rank == 0


def reduced(name, args, keywords):
    stack = args[0] if args else None
    if name not in CHAINS or not isinstance(stack, Stack) or set(keywords) - {"axis"}:
        return None
    if not stack.is_along(keywords.get("axis", args[1] if len(args) > 1 else None)):
        return None
    result = stack.values[0]
    for value in stack.values[1:]:
        result = record(CHAINS[name], (result, value), {})
    return record("divide", (result, float(len(stack.values))), {}) if name == "mean" else result


recorder.shortcut = reduced
