# ruff: noqa
# A context manager that swallows every exception, entered again and again.
# ends as: TRACE_MEMORY
# in CPython: SIGPROF
class Swallow:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        return True


def loss(y_true, y_pred):
    while True:
        with Swallow():
            raise KeyboardInterrupt
