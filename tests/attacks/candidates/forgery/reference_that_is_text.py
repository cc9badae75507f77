# ruff: noqa
# Gives a tensor a number that is JSON of its own.
# ends as: trace
class Index:
    def __int__(self):
        return 1


def loss(y_true, y_pred):
    y_pred.index = Index()
    return -y_pred
