# ruff: noqa
# An endless loop while the module is imported.
# ends as: TRACE_FUEL
while True:
    pass
