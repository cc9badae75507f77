# ruff: noqa
# Resets the machine.
# ends as: TRACE_ERROR
import machine

machine.reset()
