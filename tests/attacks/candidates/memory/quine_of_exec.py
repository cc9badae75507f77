# ruff: noqa
# Code that runs itself one level deeper each time.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
text = "exec(text)"
exec(text)
