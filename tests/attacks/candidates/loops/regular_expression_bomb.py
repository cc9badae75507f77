# ruff: noqa
# A regular expression that backtracks exponentially.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
import re


def loss(y_true, y_pred):
    re.match("(a+)+$", "a" * 40 + "b")
    return y_pred
