"""Truncated generalized cross-entropy: (1 - max(p_t, k)^q) / q.

Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", 2018 (arXiv
1805.07836); q = 0.7. A label that the model finds less likely than k is ignored: there the gradient is zero.

The paper switches to it after epochs without a threshold, with k = 0.5. Used from the first step, such a k ignores all
labels for ever. Here k = threshold / K, a tenth of what a guess among K classes gets, so that training can begin with
it at any number of classes. The power is taken of log p, because the gradient of p^q is infinite at p = 0.
"""

from keras import ops


def loss(y_true, y_pred, *, q=0.7, threshold=0.1):
    log_k = ops.log(threshold / y_pred.shape[-1])
    log_p = ops.maximum(ops.log_softmax(y_pred, axis=-1), log_k)
    return ops.sum(y_true * (1.0 - ops.exp(q * log_p)), axis=-1) / q
