# ruff: noqa
# Climbs out of its folder.
# ends as: TRACE_ERROR
stolen = open("../" * 30 + "etc/passwd").read()
