# ruff: noqa
# Uses a tensor of the first call in the second one.
# ends as: trace
kept = []


def loss(y_true, y_pred):
    kept.append(y_pred)
    return kept[0] * 2.0 - y_pred
