# ruff: noqa
# A loss that is a coroutine.
# ends as: TRACE_ERROR
async def loss(y_true, y_pred):
    return -y_pred
