# ruff: noqa
# Sends a result and breaks its own interpreter.
# ends as: TRACE_CRASH
import host
import machine

host.call("result", '{"output": {"ref": 0}, "calls": []}')
address = 0
while True:
    machine.mem32[address] = 0xFFFFFFFF
    address += 4096
