from keras import ops

def loss(y_true, y_pred, alpha=0.1, beta=1.0):
    y_pred_prob = ops.nn.softmax(y_pred)
    y_pred_prob = ops.clip(y_pred_prob, 1e-7, 1.0)
    y_true_clipped = ops.clip(y_true, 1e-4, 1.0)

    ce = -ops.sum(y_true * ops.log(y_pred_prob), axis=-1)
    rce = -ops.sum(y_pred_prob * ops.log(y_true_clipped), axis=-1)
    return alpha * ce + beta * rce
