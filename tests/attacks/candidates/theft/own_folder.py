# ruff: noqa
# Lists the folder that it lives in.
# ends as: TRACE_ERROR
import os

names = os.listdir("/")
