# ruff: noqa
# Turns the collector on, which cannot see the registers of WebAssembly, and makes garbage.
# ends as: TRACE_CRASH
import gc

gc.enable()
gc.threshold(64)


def loss(y_true, y_pred):
    for _ in range(100):
        y_pred = y_pred * 0.5 + len([[1] * 50 for _ in range(20)])
        gc.collect()
    return y_pred
