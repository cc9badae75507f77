# ruff: noqa
# Six nested loops of a thousand steps each.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    steps = range(1000)
    return y_pred * sum(1 for a in steps for b in steps for c in steps for d in steps for e in steps for f in steps)
