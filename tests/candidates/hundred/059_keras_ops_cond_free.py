import keras


class RobustMixture(keras.losses.Loss):
    """Weighted sum of two Keras losses with a schedule-free switch."""

    def __init__(self, weight: float = 0.3, *, delta: float = 0.5, name: str | None = None, **kwargs):
        super().__init__(name=name or self.__class__.__name__.lower(), **kwargs)
        self.weight = weight
        self.huber = keras.losses.Huber(delta=delta, reduction="none")
        self.entropy = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")

    def call(self, y_true, y_pred):
        probabilities = keras.ops.softmax(y_pred)
        return (1.0 - self.weight) * self.entropy(y_true, y_pred) + self.weight * self.huber(y_true, probabilities)
