# ruff: noqa
# Computes in the first call only and returns the old result afterwards.
# ends as: TRACE_STATEFUL
kept = []


def loss(y_true, y_pred):
    if not kept:
        kept.append(-y_pred)
    return kept[0]
