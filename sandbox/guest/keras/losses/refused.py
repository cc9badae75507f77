# Losses of Keras that are no loss of one sample.
def refuse(name, reason):
    def function(y_true, y_pred, *args, **keywords):
        raise ValueError("keras.losses.%s %s" % (name, reason))

    return function


LABELS = (
    "looks at the labels of the whole batch; use categorical_hinge, or with m = 1.0 - (2.0 * y_true - 1.0) * y_pred "
)
OVERLAP = "mixes the samples of a batch; sum over axis=-1 with keras.ops instead"
hinge = refuse("hinge", LABELS + "ops.mean(ops.relu(m), axis=-1)")
squared_hinge = refuse("squared_hinge", LABELS + "ops.mean(ops.square(ops.relu(m)), axis=-1)")
dice = refuse("dice", OVERLAP)
tversky = refuse("tversky", OVERLAP)
circle = refuse("circle", "compares the samples of a batch; a loss treats each sample alike")
ctc = refuse("ctc", "is for sequences; a loss here compares one vector of logits with one label")
categorical_generalized_cross_entropy = refuse(
    "categorical_generalized_cross_entropy",
    "takes class indices; write p = ops.sum(y_true * ops.softmax(y_pred), axis=-1) and (1 - p**q) / q",
)
