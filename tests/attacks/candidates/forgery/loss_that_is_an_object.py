# ruff: noqa
# A loss that is an object with attributes of its own.
# ends as: trace
class Loss:
    score = 1.0

    def __call__(self, y_true, y_pred):
        return -y_pred


loss = Loss()
