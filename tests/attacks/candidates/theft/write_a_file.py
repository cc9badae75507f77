# ruff: noqa
# Writes a file.
# ends as: TRACE_ERROR
with open("/candidate.py", "w") as file:
    file.write("")
