# ruff: noqa
# Changes the class count that the recorder knows.
# ends as: trace
import recorder


def loss(y_true, y_pred):
    recorder.classes = 3
    return y_pred * int(y_pred.shape[-1])
