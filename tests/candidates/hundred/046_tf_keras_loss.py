import tensorflow as tf
from tensorflow import keras


class GCELoss(keras.losses.Loss):
    def __init__(self, q: float = 0.7, **kwargs):
        super().__init__(**kwargs)
        self.q = q

    def call(self, y_true, y_pred):
        probs = tf.nn.softmax(y_pred, axis=-1)
        p_y = tf.reduce_sum(y_true * probs, axis=-1)
        return (1.0 - tf.pow(p_y + 1e-7, self.q)) / self.q
