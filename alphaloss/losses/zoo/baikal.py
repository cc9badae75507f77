"""Baikal: -sum_k (log p_k - y_k / p_k).

Gonzalez and Miikkulainen, "Improved Training Speed, Accuracy, and Data Utilization Through Loss Function Optimization",
2020 (arXiv 1905.11528), found by genetic programming. Lowest not at p_t = 1 but at p_t = 1 / sqrt(K).

1 / p has no bound: its gradient overflows float32 at logits 88 apart. So p is at least epsilon under the fraction,
which changes nothing as long as p_t is larger. Below, the term is constant, and the logarithms alone pull p_t up.
"""

from keras import ops


def loss(y_true, y_pred, *, epsilon=1e-7):
    log_p = ops.log_softmax(y_pred, axis=-1)
    p = ops.maximum(ops.exp(log_p), epsilon)
    return ops.sum(y_true / p - log_p, axis=-1)
