# ruff: noqa
# The text of its exception takes for ever to compute.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
class Slow(Exception):
    def __str__(self):
        while True:
            pass


def loss(y_true, y_pred):
    raise ValueError(str(Slow()))
