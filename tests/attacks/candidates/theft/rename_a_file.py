# ruff: noqa
# Renames a file over the recorder.
# ends as: TRACE_ERROR
import os

os.rename("/candidate.py", "/recorder.py")
