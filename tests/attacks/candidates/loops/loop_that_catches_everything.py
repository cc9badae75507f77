# ruff: noqa
# Catches whatever could end it, and goes on.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            continue
