# The modules of the package are the files beside this one; each loads when it is first used.
import sys

__version__ = "3"


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError("module 'keras' has no attribute '%s'" % name)
    if name == "Loss":
        return __getattr__("losses").Loss
    __import__("keras." + name)
    return sys.modules["keras." + name]
