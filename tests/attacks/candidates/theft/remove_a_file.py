# ruff: noqa
# Removes a file.
# ends as: TRACE_ERROR
import os

os.remove("/candidate.py")
