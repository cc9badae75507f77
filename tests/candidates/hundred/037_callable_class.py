from keras import ops


class TruncatedLq:
    def __init__(self, q=0.7, k=0.1):
        self.q = q
        self.k = k

    def __call__(self, y_true, y_pred):
        p = ops.sum(y_true * ops.softmax(y_pred, axis=-1), axis=-1)
        lq = (1.0 - ops.power(ops.maximum(p, 1e-7), self.q)) / self.q
        lq_k = (1.0 - self.k ** self.q) / self.q
        return ops.where(p > self.k, lq, lq_k + 0.0 * p)


loss = TruncatedLq(q=0.5)
