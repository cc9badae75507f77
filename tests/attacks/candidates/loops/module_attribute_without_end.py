# ruff: noqa
# The recorder asks whether the module has a `loss` and gets no answer.
# ends as: TRACE_FUEL
def __getattr__(name):
    while True:
        pass
