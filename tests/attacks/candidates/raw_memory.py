# ruff: noqa
# Reads and writes the memory of its own interpreter.
# ends as: TRACE_CRASH
import machine

for address in range(0, 2**32, 4096):
    machine.mem32[address] = 0xFFFFFFFF


def loss(y_true, y_pred):
    return y_pred
