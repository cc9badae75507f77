"""Bi-tempered logistic loss: sum_k y_k (log_t1 y_k - log_t1 p_k) - (y_k^(2 - t1) - p_k^(2 - t1)) / (2 - t1).

Amid et al., "Robust Bi-Tempered Logistic Loss Based on Bregman Divergences", 2019 (arXiv 1906.03361); t1 = 0.8 < 1
bounds the loss, t2 = 1.2 > 1 gives the softmax heavy tails:

    log_t(u) = (u^(1 - t) - 1) / (1 - t)        p_k = exp_t2(z_k - lambda)
    exp_t(u) = (1 + (1 - t) u)^(1 / (1 - t))    lambda so that sum_k p_k = 1, by five fixed-point iterations

The gradient goes through the iterations.
"""

from keras import ops


def log_t(u, t):
    return (u ** (1.0 - t) - 1.0) / (1.0 - t)


def exp_t(u, t):
    return (1.0 + (1.0 - t) * u) ** (1.0 / (1.0 - t))


def tempered_softmax(z, t):
    z = z - ops.max(z, axis=-1, keepdims=True)
    partition = ops.sum(exp_t(z, t), axis=-1, keepdims=True)
    for _ in range(5):
        partition = ops.sum(exp_t(z * partition ** (1.0 - t), t), axis=-1, keepdims=True)
    return exp_t(z + log_t(1.0 / partition, t), t)


def loss(y_true, y_pred, *, t1=0.8, t2=1.2):
    p = tempered_softmax(y_pred, t2)
    divergence = y_true * (log_t(y_true, t1) - log_t(p, t1)) - (y_true ** (2.0 - t1) - p ** (2.0 - t1)) / (2.0 - t1)
    return ops.sum(divergence, axis=-1)
