# ruff: noqa
# Operations on nothing while the module is imported, without an end.
# ends as: TRACE_SIZE
from keras import ops

while True:
    ops.exp(1.0)
