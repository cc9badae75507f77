import tensorflow as tf


@tf.function
def loss(y_true, y_pred):
    log_probs = tf.nn.log_softmax(y_pred)
    ce = -tf.reduce_sum(y_true * log_probs, axis=-1)
    return tf.math.tanh(ce) + 0.1 * ce
