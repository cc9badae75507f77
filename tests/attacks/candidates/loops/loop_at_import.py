# ruff: noqa
# An endless loop while the module is imported.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
while True:
    pass
