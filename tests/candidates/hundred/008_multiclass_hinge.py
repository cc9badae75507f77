from keras import ops


def loss(y_true, y_pred):
    true_logit = ops.sum(y_true * y_pred, axis=-1)
    wrong_logits = y_pred - 1e9 * y_true
    best_wrong = ops.max(wrong_logits, axis=-1)
    margin = true_logit - best_wrong
    return ops.relu(1.0 - margin)
