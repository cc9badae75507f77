# The attributes of tensors that are not operations. MicroPython.
from recorder import record


def find(tensor, name):
    if name == "numpy":
        raise AttributeError("a tensor has no numbers while it is recorded: compute with keras.ops instead of numpy()")
    if name == "get_shape":
        return lambda: tensor.shape
    if name == "T":
        return record("transpose", (tensor,), {})
    raise AttributeError("a tensor has no attribute `%s`" % name)
