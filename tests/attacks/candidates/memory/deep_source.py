# ruff: noqa
# Compiles an expression with ten thousand parentheses.
# ends as: TRACE_FUEL
kept = eval("(" * 10000 + "1" + ")" * 10000)
