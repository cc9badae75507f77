# ruff: noqa
# Ends the guest before the trace is complete.
# ends as: TRACE_ERROR
import sys

sys.exit(0)
