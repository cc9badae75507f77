"""Categorical hinge: max(0, 1 + max_k (1 - y_k) z_k - sum_k y_k z_k), on logits.

Crammer and Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines", 2001, in the form of
`keras.losses.CategoricalHinge`: the true class takes part in the inner maximum as 0.
"""

from keras import ops


def loss(y_true, y_pred):
    true = ops.sum(y_true * y_pred, axis=-1)
    strongest_other = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(strongest_other - true + 1.0, 0.0)
