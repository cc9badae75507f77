# ruff: noqa
# Reads its own request, which holds nothing but what it is called with anyway.
# ends as: trace
with open("/request.json") as file:
    text = file.read()
assert "names" in text
for word in ("key", "label", "score", "path", "environ"):
    assert word not in text


def loss(y_true, y_pred):
    return -y_pred
