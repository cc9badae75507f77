# ruff: noqa
# Imports random numbers.
# ends as: TRACE_ERROR
import random

weight = random.random()


def loss(y_true, y_pred):
    return y_pred * weight
