# ruff: noqa
# Changes what a minus sign records.
# ends as: trace
import recorder

recorder.Tensor.__neg__ = lambda self: recorder.record("exp", (self,), {})


def loss(y_true, y_pred):
    return -y_pred
