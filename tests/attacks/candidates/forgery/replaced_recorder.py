# ruff: noqa
# Replaces the recorder with one that records something else: the graph is another graph, no more.
# ends as: trace
import recorder


def record(name, args, keywords):
    recorder.calls.append('["log", [{"ref": 1}], []]')
    return recorder.Tensor(recorder.first + len(recorder.calls) - 1, (name, args, keywords))


recorder.record = record


def loss(y_true, y_pred):
    return y_true - y_pred
