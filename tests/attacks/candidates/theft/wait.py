# ruff: noqa
# Sleeps for an hour.
# ends as: TRACE_ERROR
import time

time.sleep(3600)
