# ruff: noqa
# Changes the class of a tensor.
# ends as: trace
class Other:
    pass


def loss(y_true, y_pred):
    y_pred.__class__ = Other
    return y_pred
