# ruff: noqa
# Changes its own request, to be called with other class counts.
# ends as: TRACE_ERROR
with open("/request.json", "w") as file:
    file.write("{}")
