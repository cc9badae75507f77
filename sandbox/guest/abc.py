class ABC:
    pass


ABCMeta = type  # the host takes the metaclass away


def abstractmethod(function):
    return function
