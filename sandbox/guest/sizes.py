# What a tensor says about its own shape and dtype. MicroPython.
from recorder import Tensor, record


def axes(tensor):
    if tensor.axes is None:
        import shapes

        return shapes.axes(tensor)
    return tensor.axes


def shape(tensor):
    return Shape([Size(a) if type(a) is str else a for a in axes(tensor)])


def ndim(tensor):
    return len(axes(tensor))


def dtype(tensor):
    if tensor.source[0] == "input":
        return "float32"
    import shapes

    return shapes.dtype(tensor)


class Size(Tensor):
    # A size as `x.shape` gives it. It is recorded when an operation uses it.

    def __init__(self, axis):
        Tensor.__init__(self, None, (axis, (), {}), (), axis == "class_count")

    def number(self):
        if self.index is None:
            self.index = record(self.source[0], (), {}).index
        return self.index

    def __eq__(self, other):
        if isinstance(other, Size):
            return self.source[0] == other.source[0]
        return other is not None and Tensor.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return id(self)


class Shape(tuple):
    # With what `tf.TensorShape` has.

    @property
    def rank(self):
        return len(self)

    def as_list(self):
        return list(self)
