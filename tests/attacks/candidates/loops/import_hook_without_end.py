# ruff: noqa
# Replaces the import function by one that never returns, then imports.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
import builtins


def forever(*arguments):
    while True:
        pass


builtins.__import__ = forever
import math
