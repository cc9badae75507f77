# ruff: noqa
# A tensor of its own making that says it is another one each time.
# ends as: TRACE_STATEFUL
from recorder import Tensor


class Liar(Tensor):
    asked = 0

    def number(self):
        Liar.asked += 1
        return Liar.asked


def loss(y_true, y_pred):
    return Liar(0, ("input", (), {})) + y_pred
