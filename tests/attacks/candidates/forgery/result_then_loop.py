# ruff: noqa
# Sends a result and never ends.
# ends as: TRACE_FUEL
import host

host.call("result", '{"output": {"ref": 0}, "calls": []}')
while True:
    pass
