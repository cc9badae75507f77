import tensorflow as tf


def loss(y_true, y_pred, gamma=2.0, alpha=0.25):
    y_true = tf.cast(y_true, tf.float32)
    probs = tf.nn.softmax(y_pred, axis=-1)
    probs = tf.clip_by_value(probs, 1e-7, 1.0 - 1e-7)
    ce = -y_true * tf.math.log(probs)
    weight = alpha * y_true * tf.math.pow(1 - probs, gamma)
    return tf.reduce_sum(weight * ce, axis=-1)
