# The modules of the package are the files beside this one; each loads when it is first used.
import sys


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError("module 'keras' has no attribute '%s'" % name)
    __import__("keras." + name)
    return sys.modules["keras." + name]
