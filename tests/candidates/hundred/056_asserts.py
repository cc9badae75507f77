from keras import ops


def loss(y_true, y_pred, q=0.7):
    assert 0.0 < q <= 1.0, f"q must be in (0, 1], got {q}"
    assert len(y_pred.shape) == 2
    if y_true.shape[-1] != y_pred.shape[-1]:
        raise ValueError(f"Shapes do not match: {y_true.shape} and {y_pred.shape}")
    p = ops.softmax(y_pred, axis=-1)
    pt = ops.sum(p * y_true, axis=-1)
    return (1.0 - ops.power(ops.clip(pt, 1e-7, 1.0), q)) / q
