import keras
from keras import ops


def loss(y_true, y_pred, gamma=2.0, alpha=0.25):
    """Focal loss (Lin et al., 2017) on softmax probabilities."""
    probs = ops.softmax(y_pred, axis=-1)
    probs = ops.clip(probs, keras.backend.epsilon(), 1.0 - keras.backend.epsilon())
    cross_entropy = -y_true * ops.log(probs)
    focal_weight = alpha * ops.power(1.0 - probs, gamma)
    return ops.sum(focal_weight * cross_entropy, axis=-1)
