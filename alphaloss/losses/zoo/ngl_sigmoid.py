"""Next Generation Loss of s = sigmoid(p): mean_k exp(2.4092 - s_k - s_k y_k) - cos(cos(sin(s_k))).

Akhmedova and Koerber, "Next Generation Loss Function for Image Classification", 2024 (arXiv 2404.12948), as the
authors' TensorFlow code has it with `scaling=True`: a sigmoid after the softmax. Its gradients are very small.
"""

from keras import ops


def loss(y_true, y_pred, *, alpha=2.4092):
    s = ops.sigmoid(ops.softmax(y_pred, axis=-1))
    return ops.mean(ops.exp(alpha - s - s * y_true) - ops.cos(ops.cos(ops.sin(s))), axis=-1)
