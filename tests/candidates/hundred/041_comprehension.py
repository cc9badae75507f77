from keras import ops

def loss(y_true, y_pred):
    p = ops.softmax(y_pred)
    pt = ops.sum(y_true * p, axis=-1)
    # truncated Taylor series of -log(pt)
    return sum([(1.0 - pt) ** n / n for n in range(1, 7)])
