# ruff: noqa
# Looks for a module that does not exist, again and again.
# ends as: TRACE_SIZE
# in CPython: SIGPROF
while True:
    try:
        import no_such_module
    except ImportError:
        pass
