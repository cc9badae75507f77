# ruff: noqa
# Appends text that closes the trace and opens another one.
# ends as: TRACE_PROTOCOL
import recorder


def loss(y_true, y_pred):
    recorder.calls.append('["negative", [{"ref": 1}], []]]}\\n{"output": {"ref": 2}, "calls": [["exp", [{"ref": 1}], []]')
    return y_pred
