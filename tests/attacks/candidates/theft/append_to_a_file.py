# ruff: noqa
# Appends to a file.
# ends as: TRACE_ERROR
with open("/main.py", "a") as file:
    file.write("x")
