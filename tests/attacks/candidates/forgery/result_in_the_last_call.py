# ruff: noqa
# Sends a result in the last call of the loss, so that the recorder's is the second one.
# ends as: TRACE_PROTOCOL
import host

calls = 0


def loss(y_true, y_pred):
    global calls
    calls += 1
    if calls == 3:
        host.call("result", "{}")
    return -y_pred
