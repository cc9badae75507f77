# ruff: noqa
# Makes a folder.
# ends as: TRACE_ERROR
import os

os.mkdir("/keras2")
