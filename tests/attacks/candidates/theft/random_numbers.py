# ruff: noqa
# Asks for random numbers.
# ends as: TRACE_ERROR
import os

seed = os.urandom(8)
