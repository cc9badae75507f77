# ruff: noqa
# A coroutine that is driven by hand and never gives control back.
# ends as: TRACE_ERROR
# in CPython: SIGPROF
async def spin():
    while True:
        pass


def loss(y_true, y_pred):
    spin().send(None)
    return y_pred
