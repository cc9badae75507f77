from keras import ops


def log_t(u, t):
    return (u ** (1.0 - t) - 1.0) / (1.0 - t)


def exp_t(u, t):
    return ops.maximum(1.0 + (1.0 - t) * u, 0.0) ** (1.0 / (1.0 - t))


def tempered_softmax(logits, t, iterations=5):
    mu = ops.max(logits, axis=-1, keepdims=True)
    centered = logits - mu
    normalized = centered
    for _ in range(iterations):
        z = ops.sum(exp_t(normalized, t), axis=-1, keepdims=True)
        normalized = centered * z ** (1.0 - t)
    z = ops.sum(exp_t(normalized, t), axis=-1, keepdims=True)
    return exp_t(centered * z ** (1.0 - t), t) / z


def loss(y_true, y_pred):
    t1, t2 = 0.8, 1.2
    probs = tempered_softmax(y_pred, t2)
    temp1 = (log_t(y_true + 1e-10, t1) - log_t(probs + 1e-10, t1)) * y_true
    temp2 = (y_true ** (2.0 - t1) - probs ** (2.0 - t1)) / (2.0 - t1)
    return ops.sum(temp1 - temp2, axis=-1)
