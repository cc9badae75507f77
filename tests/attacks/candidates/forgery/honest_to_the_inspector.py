# ruff: noqa
# Is another loss once it has been looked at twice.
# ends as: TRACE_CLASS_COUNT
calls = 0


def loss(y_true, y_pred):
    global calls
    calls += 1
    return y_pred if calls <= 2 else -y_pred
