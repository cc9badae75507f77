# ruff: noqa
# Opens a file again and again without closing it.
# ends as: TRACE_SIZE
kept = []
while True:
    kept.append(open("/request.json"))
