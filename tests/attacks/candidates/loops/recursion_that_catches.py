# ruff: noqa
# Catches the end of the stack and descends again.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    try:
        return loss(y_true, y_pred)
    except BaseException:
        return loss(y_true, y_pred)
