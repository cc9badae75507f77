# ruff: noqa
# Reads and writes the memory of its own interpreter.
# ends as: TRACE_CRASH
import machine

address = 0
while True:
    machine.mem32[address] = 0xFFFFFFFF
    address += 4096

