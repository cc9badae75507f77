# ruff: noqa
# The recorder asks an exception for its text and gets no answer.
# ends as: TRACE_FUEL
class Slow(Exception):
    def __str__(self):
        while True:
            pass


def loss(y_true, y_pred):
    raise Slow
