# ruff: noqa
# Reads the pipe that requests come through.
# ends as: TRACE_ERROR
import sys

stolen = sys.stdin.read()
assert not stolen


def loss(y_true, y_pred):
    return -y_pred
