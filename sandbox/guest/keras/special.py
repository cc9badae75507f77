# The operations that give more, or less, than one tensor.
from recorder import record


def top_k(*args, **keywords):
    pair = record("top_k", args, keywords)
    return pair[0], pair[1]


def moments(*args, **keywords):
    pair = record("moments", args, keywords)
    return pair[0], pair[1]


def stack(x, axis=0):
    import stacks

    return stacks.Stack(x, axis)


def size(x):
    raise TypeError("ops.size counts the samples of the batch, too: use x.shape[-1]")


def dtype(x):
    return x.dtype
