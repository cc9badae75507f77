import keras
from keras import ops


class MarginCrossEntropy(keras.losses.Loss):
    """Cross entropy with an additive margin on the target logit."""

    def __init__(self, margin=0.35, name="margin_cross_entropy"):
        super().__init__(name=name)
        self.margin = margin

    def call(self, y_true, y_pred):
        adjusted = y_pred - self.margin * y_true
        return keras.losses.categorical_crossentropy(y_true, adjusted, from_logits=True)
