# ruff: noqa
# An exception class whose name has twenty thousand letters.
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    raise type("E" * 20000, (Exception,), {})("x")
