# keras.losses, as Keras 3.15 defines it; each file beside this one loads when one of its names is used.
import sys

from .base import Loss, make

FILES = {
    "entropy": "categorical_crossentropy binary_crossentropy sparse_categorical_crossentropy "
    "categorical_focal_crossentropy binary_focal_crossentropy kl_divergence",
    "distance": "mean_squared_error mean_absolute_error mean_absolute_percentage_error "
    "mean_squared_logarithmic_error cosine_similarity huber log_cosh poisson categorical_hinge",
    "refused": "hinge squared_hinge ctc dice tversky circle categorical_generalized_cross_entropy",
}
CLASSES = {
    "CategoricalCrossentropy": "from_logits label_smoothing axis",
    "BinaryCrossentropy": "from_logits label_smoothing axis",
    "SparseCategoricalCrossentropy": "from_logits ignore_class",
    "CategoricalFocalCrossentropy": "alpha gamma from_logits label_smoothing axis",
    "BinaryFocalCrossentropy": "apply_class_balancing alpha gamma from_logits label_smoothing axis",
    "KLDivergence": "",
    "MeanSquaredError": "",
    "MeanAbsoluteError": "",
    "MeanAbsolutePercentageError": "",
    "MeanSquaredLogarithmicError": "",
    "CosineSimilarity": "axis",
    "Huber": "delta",
    "LogCosh": "",
    "Poisson": "",
    "CategoricalHinge": "",
    "Hinge": "",
    "SquaredHinge": "",
    "Dice": "",
    "Tversky": "",
    "Circle": "",
    "CTC": "",
    "CategoricalGeneralizedCrossEntropy": "q",
}
SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kl_div": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "bce": "binary_crossentropy",
    "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity",
}


class Reduction:  # of tf.keras.losses
    NONE, AUTO, SUM, SUM_OVER_BATCH_SIZE = "none", "sum_over_batch_size", "sum", "sum_over_batch_size"


def snake(name):
    if name == "KLDivergence":
        return "kl_divergence"
    if name == "CTC":
        return "ctc"
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)[1:]


def __getattr__(name):
    if name in CLASSES:
        function = __getattr__(snake(name))
        made = globals()[name] = make(name, function, CLASSES[name].split())
        return made
    found = SHORT.get(name.lower(), name)
    for file, names in FILES.items():
        if found in names.split():
            __import__("keras.losses." + file)
            return getattr(sys.modules["keras.losses." + file], found)
    raise AttributeError("keras.losses has no `%s`; write it with keras.ops" % name)


def get(identifier):
    return __getattr__(identifier) if isinstance(identifier, str) else identifier


def serialize(loss):
    return loss


deserialize = get


def entry(loss):
    # What to call for each sample: Keras itself averages what `call` returns.
    if isinstance(loss, type):
        return lambda y_true, y_pred, **constants: loss(**constants).call(y_true, y_pred)
    return loss.call if isinstance(loss, Loss) else loss
