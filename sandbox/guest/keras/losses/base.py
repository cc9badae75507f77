class Loss:
    kind = None

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name
        self.reduction = reduction
        self.dtype = dtype or "float32"

    def __call__(self, y_true, y_pred, sample_weight=None):
        kind = self.kind or self.__class__.__name__
        if sample_weight is not None:
            raise ValueError("%s: multiply the result by the weights instead of giving sample_weight" % kind)
        if self.reduction not in (None, "none", "NONE"):
            raise ValueError("%s averages over the batch; make it with reduction=None, for one value a sample" % kind)
        return self.call(y_true, y_pred)

    def call(self, y_true, y_pred):
        raise NotImplementedError("a loss class needs a method call(self, y_true, y_pred)")

    def get_config(self):
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def make(kind, function, parameters):
    class Wrapped(Loss):
        def __init__(self, *args, reduction="sum_over_batch_size", name=None, dtype=None, **keywords):
            Loss.__init__(self, name or kind, reduction, dtype)
            self.keywords = dict(zip(parameters, args))
            self.keywords.update(keywords)
            if len(args) > len(parameters):
                raise TypeError("%s takes %s; give the others by name" % (kind, ", ".join(parameters) or "nothing"))

        def call(self, y_true, y_pred):
            return function(y_true, y_pred, **self.keywords)

    Wrapped.kind = kind
    return Wrapped
