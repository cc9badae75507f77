# ruff: noqa
# A finalizer that never ends; the guest runs none, and the loss is an ordinary one.
# ends as: trace
# in CPython: SIGPROF
class Late:
    def __del__(self):
        while True:
            pass


def loss(y_true, y_pred):
    Late()
    return -y_pred
