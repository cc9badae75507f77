# Puts what a candidate needs where it looks for it. MicroPython.
import builtins
import sys


def prepare(helpers, modules):
    for module, name in helpers:
        setattr(builtins, name, getattr(__import__(module), name))
    for name, real in modules:
        __import__(real)
        sys.modules[name] = sys.modules[real]
